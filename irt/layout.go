package irt

import (
	"cmp"
	"slices"
)

// layout is the order in which the E step visits answers. Persons who answered
// the same items form a block: they share the sum of log(1 − P) and one update
// of the expected counts. Persons with the same answers too are one pattern
// with a weight. Blocks are cut into chunks, the unit of parallel work, whose
// number depends on the data alone.
type layout struct {
	responses *Responses
	person    []uint32 // pattern → a person who gave it
	weight    []float64
	blocks    []span // of patterns
	chunks    []span // of blocks
}

type span struct{ first, end int }

const (
	blockPatterns = 1 << 9  // a longer form is cut, so that chunks can be even
	chunkAnswers  = 1 << 15 // below this, starting a goroutine costs more than it saves
	maxChunks     = 64
)

type personKey struct {
	items, answers uint64
	person         uint32
}

// newLayout groups the persons who have answers. With collapse unset, equal
// answers stay apart, for results that are wanted person by person. rowBytes
// is the memory a chunk accumulates in; together the chunks take no more than
// twice the answers do, or 16 MB.
func newLayout(r *Responses, collapse bool, rowBytes int) *layout {
	keys := make([]personKey, 0, r.Persons())
	for p := range r.Persons() {
		if answers := r.of(p); len(answers) > 0 {
			items, verdicts := hashAnswers(answers)
			keys = append(keys, personKey{items, verdicts, uint32(p)})
		}
	}
	slices.SortFunc(keys, func(a, b personKey) int {
		return cmp.Or(cmp.Compare(a.items, b.items), cmp.Compare(a.answers, b.answers), cmp.Compare(a.person, b.person))
	})
	l := &layout{responses: r, person: make([]uint32, 0, len(keys)), weight: make([]float64, 0, len(keys))}
	for i, key := range keys {
		if i > 0 && collapse && key.answers == keys[i-1].answers &&
			slices.Equal(r.of(int(key.person)), r.of(int(keys[i-1].person))) {
			l.weight[len(l.weight)-1]++
			continue
		}
		n := len(l.person)
		if n == 0 || n-l.blocks[len(l.blocks)-1].first == blockPatterns ||
			!sameItems(r.of(int(key.person)), r.of(int(l.person[n-1]))) {
			l.blocks = append(l.blocks, span{n, n})
		}
		l.person = append(l.person, key.person)
		l.weight = append(l.weight, 1)
		l.blocks[len(l.blocks)-1].end = n + 1
	}
	l.cut(rowBytes)
	return l
}

// cut divides the blocks into chunks of about equal numbers of answers.
func (l *layout) cut(rowBytes int) {
	total := l.responses.Answers()
	limit := max(16<<20, 8*total) / max(rowBytes, 1)
	chunks := max(1, min(total/chunkAnswers, maxChunks, limit))
	share := (total + chunks - 1) / chunks
	first, have := 0, 0
	for i, b := range l.blocks {
		have += (b.end - b.first) * l.responses.Count(int(l.person[b.first]))
		if have >= share || i == len(l.blocks)-1 {
			l.chunks = append(l.chunks, span{first, i + 1})
			first, have = i+1, 0
		}
	}
}

// hashAnswers mixes a person's items, and items with verdicts, into 64 bits
// each (FNV-1a over whole words). Equal hashes are always compared in full.
func hashAnswers(answers []uint32) (items, verdicts uint64) {
	const offset, prime = 14695981039346656037, 1099511628211
	items, verdicts = offset, offset
	for _, x := range answers {
		items = (items ^ uint64(x>>1)) * prime
		verdicts = (verdicts ^ uint64(x)) * prime
	}
	return items, verdicts
}

func sameItems(a, b []uint32) bool {
	return slices.EqualFunc(a, b, func(x, y uint32) bool { return x>>1 == y>>1 })
}
