package jobs

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// finite gives a pointer to x, or nil where x is no number a table may hold.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// valueOf is what x points to, 0 for nil.
func valueOf(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}

// parallel calls fn for 0 … n−1 on all cores, in contiguous blocks, and stops
// early when ctx ends or a call fails.
func parallel(ctx context.Context, n int, fn func(i int) error) error {
	const block = 256
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for start := 0; start < n; start += block {
		g.Go(func() error {
			for i := start; i < min(start+block, n); i++ {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := fn(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
