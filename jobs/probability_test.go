package jobs_test

import (
	"math"
	"testing"

	"sextant/jobs"
)

func TestAProbabilityReadsAsCertainOnlyWhereItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p        float64
		decimals int
		want     string
	}{
		{0.99999996, 6, "> 0.999999"}, {0.9999994, 6, "0.999999"}, {1, 6, "1.000000"}, {math.Nextafter(1, 0), 2, "> 0.99"}, {0.994, 2, "0.99"}, {0.995001, 2, "> 0.99"},
		{1e-300, 3, "< 0.001"}, {0.0006, 3, "0.001"}, {0.0004, 3, "< 0.001"}, {0, 3, "0.000"}, {0.5, 3, "0.500"},
		{math.NaN(), 3, "–"}, {math.Inf(1), 3, "–"},
	} {
		if got := jobs.Probability(c.p, c.decimals); got != c.want {
			t.Errorf("%v to %d decimals: %q, want %q", c.p, c.decimals, got, c.want)
		}
	}
}
