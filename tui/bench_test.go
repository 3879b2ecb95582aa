package tui

import (
	"fmt"
	"testing"

	"sextant/db"
)

// BenchmarkKey measures a key from press to frame on the largest lists, in a
// large window.
func BenchmarkKey(b *testing.B) {
	f := newFixture()
	for len(f.runs) < runsShown {
		r := f.runs[len(f.runs)%13]
		r.ID = runID(len(f.runs))
		f.runs = append(f.runs, r)
	}
	for i := len(f.learners); i < learnersShown; i++ {
		f.learners = append(f.learners, db.Learner{UserID: fmt.Sprintf("김학생-%06d", i), LastAt: fixedNow, FirstAt: fixedNow})
	}
	f.bank, f.many = 5_000, reportsShown
	for name, way := range map[string]string{"pipeline": "1", "runs": "2", "learners": "3", "learner": "3 enter", "recompute": "3 enter T",
		"search": "3 /", "items": "4", "item": "4 enter", "why": "3 enter w", "reports": "5", "quarantine": "6", "quarantined": "6 enter", "workers": "7"} {
		b.Run(name, func(b *testing.B) {
			d := drive(b, f, 240, 60, Options{Background: Dark})
			d.keys(way)
			b.ReportAllocs()
			keys := []string{"j", "j", "j", "k"}
			i := 0
			for b.Loop() {
				d.app.press(stroke(keys[i%4]))
				d.app.View()
				i++
			}
		})
	}
}
