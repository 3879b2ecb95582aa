package jobs

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// parallel calls fn for the blocks [first, end) of 0 … n−1 on all cores, and
// stops early when ctx ends or a call fails.
func parallel(ctx context.Context, n, block int, fn func(ctx context.Context, first, end int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < n; first += block {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fn(ctx, first, min(first+block, n))
		})
	}
	return g.Wait()
}
