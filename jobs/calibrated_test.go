package jobs

import (
	"errors"
	"testing"

	"github.com/google/uuid"
)

// TestNewest reads again for other runs alone, and keeps nothing of a failure.
func TestNewest(t *testing.T) {
	t.Parallel()
	var n newest[int]
	reads := 0
	read := func() (int, error) { reads++; return reads, nil }
	a, b := [2]uuid.UUID{{1}}, [2]uuid.UUID{{1}, {2}}
	for i, step := range []struct {
		runs [2]uuid.UUID
		want int
	}{{a, 1}, {a, 1}, {b, 2}, {b, 2}, {a, 3}} {
		if got, err := n.of(step.runs, read); got != step.want || err != nil {
			t.Errorf("%d: %d, %v, want %d", i, got, err, step.want)
		}
	}
	failed := errors.New("failed")
	if _, err := n.of(b, func() (int, error) { return 9, failed }); !errors.Is(err, failed) {
		t.Errorf("error %v, want %v", err, failed)
	}
	if got, _ := n.of(b, read); got != 4 {
		t.Errorf("after a failure %d, want 4: read again", got)
	}
}
