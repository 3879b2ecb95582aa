package irt

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls f for 0 … n−1 from up to workers goroutines, each with its own
// scratch, and stops early when ctx is cancelled. What f writes must depend on
// i alone, so that the number of workers never shows in a result.
func parallel[S any](ctx context.Context, workers, n int, scratch func() S, f func(i int, s S)) error {
	workers = min(workers, n)
	if workers <= 1 {
		s := scratch()
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(i, s)
		}
		return ctx.Err()
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			s := scratch()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i, s)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// rangesOf cuts 0 … n−1 into spans of the given size for parallel.
func rangesOf(n, size int) []span {
	var out []span
	for first := 0; first < n; first += size {
		out = append(out, span{first, min(n, first+size)})
	}
	return out
}
