package jobs

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// thinning says what a cap on the calibration's answers did.
type thinning struct {
	Quota   int `json:"quota"`   // answers kept of an item that has more; 0: no cap was needed
	Items   int `json:"items"`   // items that had more
	LeftOut int `json:"answers"` // answers left out
}

// thin keeps at most so many answers in all. Every item gets the same quota:
// rare items stay whole, and of the others a sample is drawn by a hash of
// learner and item, so that no time, learner or verdict is preferred and the
// same answers are drawn again tomorrow. The precision of an item rests on its
// own answers, which is why the newest answers, the usual cap, would starve the
// rare items for the sake of the common ones.
func (f *firstAnswers) thin(names []string, most int) thinning {
	if most <= 0 || len(f.items) <= most {
		return thinning{}
	}
	counts := make([]int, len(names))
	for _, item := range f.items {
		counts[item]++
	}
	t := thinning{Quota: quota(counts, most)}
	limits := f.limits(names, counts, t.Quota)
	kept := 0
	for p, start := range f.starts {
		end := f.end(p)
		f.starts[p] = kept
		for k := start; k < end; k++ {
			item := f.items[k]
			if l := &limits[item]; l.thinned && !l.take(lot(f.persons[p], l.item)) {
				continue
			}
			f.items[kept], f.correct[kept] = item, f.correct[k]
			kept++
		}
	}
	for _, l := range limits {
		if l.thinned {
			t.Items++
		}
	}
	t.LeftOut = len(f.items) - kept
	f.items, f.correct = f.items[:kept], f.correct[:kept]
	return t
}

// quota is the most answers each item may keep so that all of them together
// keep at most so many: water filling.
func quota(counts []int, most int) int {
	counts = slices.Sorted(slices.Values(counts))
	for i, n := range counts {
		if q := most / (len(counts) - i); q < n {
			return q
		}
		most -= n
	}
	return counts[len(counts)-1]
}

// limit tells which of an item's answers are drawn: those with the lowest lots.
type limit struct {
	thinned bool
	item    uint64 // hash of its id
	highest uint32 // lot that is still drawn
	ties    int    // of the answers with that lot, as many as are drawn
}

func (l *limit) take(lot uint32) bool {
	if lot == l.highest && l.ties > 0 {
		l.ties--
		return true
	}
	return lot < l.highest
}

// limits finds for each item with more answers than the quota where its lots end.
func (f *firstAnswers) limits(names []string, counts []int, quota int) []limit {
	limits := make([]limit, len(names))
	lots := make([][]uint32, len(names))
	for i, n := range counts {
		if n > quota {
			limits[i] = limit{thinned: true, item: hash(names[i])}
			lots[i] = make([]uint32, 0, n)
		}
	}
	for p, start := range f.starts {
		for _, item := range f.items[start:f.end(p)] {
			if l := limits[item]; l.thinned {
				lots[item] = append(lots[item], lot(f.persons[p], l.item))
			}
		}
	}
	for i, l := range lots {
		if !limits[i].thinned || quota == 0 {
			continue
		}
		slices.Sort(l)
		limits[i].highest = l[quota-1]
		first, _ := slices.BinarySearch(l, l[quota-1])
		limits[i].ties = quota - first
	}
	return limits
}

func (f *firstAnswers) end(person int) int {
	if person+1 < len(f.starts) {
		return f.starts[person+1]
	}
	return len(f.items)
}

// hash is the same in every process, unlike that of a map.
func hash(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return h.Sum64()
}

// lot mixes two hashes into one number with all bits alike (the finaliser of
// splitmix64, Steele, Lea & Flood 2014).
func lot(person, item uint64) uint32 {
	x := person + 0x9e3779b97f4a7c15*(item|1)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return uint32((x ^ x>>31) >> 32)
}

// enough refuses a cap that would set nearly every item aside.
func (t thinning) enough(maxObs, minAnswers int) error {
	if t.Items > 0 && t.Quota < minAnswers {
		return fmt.Errorf("--max-obs %d leaves %d answers an item, fewer than the %d of --min-answers; raise it", maxObs, t.Quota, minAnswers)
	}
	return nil
}
