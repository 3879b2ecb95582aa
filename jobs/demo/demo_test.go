package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"sextant/db"
)

var until = time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)

func simulate(t testing.TB, o Options) *Simulation {
	t.Helper()
	if o.Until.IsZero() {
		o.Until = until
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawAll runs a whole simulation through f, batch by batch as Load does.
func drawAll(s *Simulation, f func(*db.PlatformSession)) Summary {
	g, goals := s.newGenerator(), 0
	s.draw(g, func(b batch) bool {
		goals += len(b.goals)
		for i := range b.sessions {
			f(&b.sessions[i])
		}
		return true
	})
	return s.summary(&g.tally, goals)
}

func TestDefaultsMakeTheDemo(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{Seed: 1})
	var inJSON, abandoned, regraded, pending, noEnd int
	days := map[string]bool{}
	ids := map[string]bool{}
	sum := drawAll(s, func(p *db.PlatformSession) {
		if ids[p.ID] {
			t.Errorf("session %s twice", p.ID)
		}
		ids[p.ID] = true
		days[p.StartedAt.Format(time.DateOnly)] = true
		if p.EndedAt == nil {
			noEnd++
		} else if !p.EndedAt.After(p.StartedAt) || p.EndedAt.YearDay() != p.StartedAt.YearDay() {
			t.Errorf("session %s runs from %s to %s", p.ID, p.StartedAt, p.EndedAt)
		}
		r := p.Result
		if r == nil {
			abandoned++
			return
		}
		if r.UpdatedAt.Before(r.CreatedAt) || !r.UpdatedAt.Before(s.end()) || r.CreatedAt.Before(s.start) {
			t.Errorf("session %s: created %s, updated %s", p.ID, r.CreatedAt, r.UpdatedAt)
		}
		if d := r.UpdatedAt.Sub(r.CreatedAt); d > 0 {
			regraded++
			if d < 24*time.Hour {
				t.Errorf("session %s re-graded after %s", p.ID, d)
			}
		}
		switch r.Status {
		case "pending":
			pending++
		case "ready":
			inJSON += bytes.Count(r.JSON, []byte(`"time_spent_sec"`))
		default:
			t.Errorf("status %q", r.Status)
		}
	})
	if sum.Learners != 2000 || sum.Items != 400 || sum.Topics != 20 || sum.Days != 60 {
		t.Errorf("defaults: %+v", sum)
	}
	if sum.Answers < 300_000 || sum.Answers > 400_000 {
		t.Errorf("%d answers, want 300,000 to 400,000", sum.Answers)
	}
	if noTime := sum.Flaws["time_spent_sec is missing"] + sum.Flaws["answer is no object"]; inJSON+noTime != sum.Answers {
		t.Errorf("%d answers counted, %d in JSON", sum.Answers, inJSON+noTime)
	}
	if len(days) != 60 || !days["2026-03-15"] || days["2026-03-16"] {
		t.Errorf("%d days", len(days))
	}
	if abandoned == 0 || regraded < 200 || pending == 0 || noEnd <= abandoned || sum.Goals < 2000 {
		t.Errorf("abandoned %d, re-graded %d, pending %d, without end %d, goals %d", abandoned, regraded, pending, noEnd, sum.Goals)
	}
	if share := float64(sum.Flawed) / float64(sum.Answers); share < 1.0/600 || share > 1.0/400 {
		t.Errorf("%d flaws in %d answers", sum.Flawed, sum.Answers)
	}
	for _, name := range Flaws() {
		if sum.Flaws[name] < 4 {
			t.Errorf("flaw %q occurs %d times", name, sum.Flaws[name])
		}
	}
	t.Logf("%+v", sum)
}

func TestLearnerIDs(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{Learners: 20_000})
	kinds := map[string]*regexp.Regexp{
		"uuid":   regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`),
		"email":  regexp.MustCompile(`^[a-z]+\.[a-z]+\d+@(example\.(com|org)|school\.example)$`),
		"number": regexp.MustCompile(`^\d+$`),
		"korean": regexp.MustCompile(`^\p{Hangul}+-\d+$`),
		"quote":  regexp.MustCompile(`['"]`),
		"emoji":  regexp.MustCompile(`🦊`),
		"space":  regexp.MustCompile(`^ .* $`),
	}
	count := map[string]int{}
	seen := map[string]bool{}
	for k := range s.opts.Learners {
		id := userID(k, s.opts.random(streamIdentity, k))
		if seen[id] || id == "" || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			t.Errorf("learner %d: id %q is taken or no text", k, id)
		}
		seen[id] = true
		for kind, re := range kinds {
			if re.MatchString(id) {
				count[kind]++
			}
		}
	}
	for kind, least := range map[string]int{
		"uuid": 10_500, "email": 3200, "number": 2100, "korean": 2400, "quote": 10, "emoji": 10, "space": 10,
	} {
		if count[kind] < least {
			t.Errorf("%d ids of kind %s, want at least %d", count[kind], kind, least)
		}
	}
}

func TestReproducible(t *testing.T) {
	t.Parallel()
	digest := func(o Options) string {
		h := sha256.New()
		s := simulate(t, o)
		drawAll(s, func(p *db.PlatformSession) { writeJSON(h, p) })
		for _, table := range []any{s.Items(), s.Questions(), s.Classrooms()} {
			writeJSON(h, table)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	o := Options{Learners: 120, Days: 30, Seed: 7}
	first := digest(o)
	if again := digest(o); again != first {
		t.Error("the same options made another platform")
	}
	o.Seed = 8
	if other := digest(o); other == first {
		t.Error("another seed made the same platform")
	}
}

// writeJSON writes what v holds, pointers followed.
func writeJSON(w io.Writer, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func TestLearnerDoesNotDependOnTheOthers(t *testing.T) {
	t.Parallel()
	few, many := simulate(t, Options{Learners: 10, Seed: 3}), simulate(t, Options{Learners: 5000, Seed: 3})
	var fromStream []db.PlatformSession
	drawAll(few, func(p *db.PlatformSession) { fromStream = append(fromStream, *p) })
	var alone []db.PlatformSession
	var wg sync.WaitGroup
	var parts [10][]db.PlatformSession
	for k := range 10 {
		wg.Go(func() { parts[k] = many.Sessions(k) })
		if !reflect.DeepEqual(few.Truth(k), many.Truth(k)) || !reflect.DeepEqual(few.Goals(k), many.Goals(k)) {
			t.Errorf("learner %d differs", k)
		}
	}
	wg.Wait()
	for _, part := range parts {
		alone = append(alone, part...)
	}
	if !reflect.DeepEqual(fromStream, alone) {
		t.Error("a learner's sessions depend on who is drawn before")
	}
}

func TestAnchorsCarryTheTruth(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{})
	type meta struct {
		IRT *struct {
			A, B, C float64
			Model   string
		}
		Tags []string
	}
	anchors, rough, without := 0, 0, 0
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, q := range s.Questions() {
		it := s.Items()[i]
		var m meta
		if q.Meta != nil {
			if err := json.Unmarshal(q.Meta, &m); err != nil {
				t.Fatalf("item %d: %v", it.ID, err)
			}
		}
		tagged := len(m.Tags) > 0 && m.Tags[0] == "anchor"
		if tagged != it.Anchor || q.ID != it.ID || *q.TopicID != it.TopicID {
			t.Errorf("item %d: row %+v", it.ID, q)
		}
		switch {
		case tagged:
			anchors++
			lo, hi = min(lo, it.B), max(hi, it.B)
			if m.IRT.A != it.A || m.IRT.B != it.B || m.IRT.C != 0 || m.IRT.Model != "2PL" {
				t.Errorf("anchor %d carries %+v, true are %v and %v", it.ID, *m.IRT, it.A, it.B)
			}
		case m.IRT != nil:
			rough++
		default:
			without++
		}
		if strings.ContainsAny(q.Content, "{}") {
			t.Errorf("item %d: %q", it.ID, q.Content)
		}
	}
	if anchors < 40 || hi-lo < 2.5 || rough < 100 || without < 80 {
		t.Errorf("%d anchors over %.2f, %d rough, %d without parameters", anchors, hi-lo, rough, without)
	}
}

func TestAbilityPaths(t *testing.T) {
	t.Parallel()
	still, grown, forgot := 0, 0, 0
	s := simulate(t, Options{})
	for k := range 2000 {
		truth := s.Truth(k)
		if len(truth.Theta) != 60 || len(truth.Topics) != 20 {
			t.Fatalf("learner %d: %d days, %d topics", k, len(truth.Theta), len(truth.Topics))
		}
		if truth.Still {
			still++
			for d := range truth.Theta {
				if truth.TopicTheta(d%20, d) != truth.Theta[0] {
					t.Fatalf("learner %d moves", k)
				}
			}
		} else if truth.Theta[59] > truth.Theta[0]+0.1 {
			grown++
		} else if truth.Theta[59] < truth.Theta[0]-0.1 {
			forgot++
		}
	}
	if still < 240 || still > 360 || grown < 600 || forgot < 300 {
		t.Errorf("%d of 2000 stand still, %d grow, %d forget", still, grown, forgot)
	}
	all := simulate(t, Options{Still: true})
	for k := range 100 {
		if !all.Truth(k).Still {
			t.Errorf("learner %d moves in spite of Options.Still", k)
		}
	}
}

func TestSmallestPlatform(t *testing.T) {
	t.Parallel()
	sum := drawAll(simulate(t, Options{Learners: 1, Items: 20, Days: 1}), func(*db.PlatformSession) {})
	if sum.Sessions == 0 || sum.Items != 20 {
		t.Errorf("%+v", sum)
	}
}

func TestDrawsInBatches(t *testing.T) {
	t.Parallel()
	s := simulate(t, Options{Learners: 1500})
	batches, learners := 0, 0
	s.draw(s.newGenerator(), func(b batch) bool {
		batches++
		learners += b.learners
		if most := batchSessions + 2*s.opts.Days; len(b.sessions) > most {
			t.Errorf("a batch of %d sessions, want at most %d", len(b.sessions), most)
		}
		return batches < 5
	})
	if batches != 5 || learners >= 1500 {
		t.Errorf("%d learners in %d batches after being told to stop", learners, batches)
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{Learners: -1}, {Items: 19}, {Days: -3}, {Days: 5000}, {Learners: maxLearners + 1},
	} {
		o.Until = until
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a simulation without a last day is taken")
	}
}

func BenchmarkDraw(b *testing.B) {
	s := simulate(b, Options{Learners: 1000})
	b.ReportAllocs()
	answers := 0
	for b.Loop() {
		answers += drawAll(s, func(*db.PlatformSession) {}).Answers
	}
	b.ReportMetric(float64(answers)/b.Elapsed().Seconds(), "answers/s")
}
