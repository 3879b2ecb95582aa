package db

import (
	"context"
	"fmt"
	"math"
)

// Histogram counts values in Bars of equal width from Low to High; what lies
// outside is counted in the first and last.
type Histogram struct {
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Bars    []int64 `json:"bars"`
	Counted int64   `json:"counted"` // values in the bars
	Sample  bool    `json:"sample"`  // of some of the rows only
}

// thetaPages is how many pages of mirt_ability a histogram reads: some 20,000
// rows, which draw the same picture as a million.
const thetaPages = 200

// ThetaHistogram counts the abilities in force on a scale. Of a large table it
// reads a sample of pages, the same ones every time, so that the picture stands
// still while nothing changes.
func (d *DB) ThetaHistogram(ctx context.Context, version string, low, high float64, bars int) (Histogram, error) {
	h := Histogram{Low: low, High: high, Bars: make([]int64, bars)}
	table, err := first[struct {
		Share float64 `db:"share"`
	}](ctx, d.pool, `
		SELECT 100 * $1::float8 / greatest(1, pg_relation_size(oid) / current_setting('block_size')::int) AS share
		FROM pg_class WHERE oid = to_regclass('public.mirt_ability') AND relkind IN ('r', 'm')`, thetaPages)
	if err != nil {
		return h, err
	}
	from := `public.mirt_ability`
	if table != nil && table.Share < 100 { // a view cannot be sampled
		h.Sample = true
		from += fmt.Sprintf(` TABLESAMPLE SYSTEM (%g) REPEATABLE (1)`, table.Share)
	}
	rows, err := collect[struct {
		Bar int   `db:"bar"`
		N   int64 `db:"n"`
	}](ctx, d.pool, `
		SELECT greatest(0, least($4 - 1, width_bucket(theta, $2, $3, $4) - 1)) AS bar, count(*) AS n
		FROM `+from+` WHERE version = $1 AND theta > '-Infinity' AND theta < 'Infinity' GROUP BY 1`, version, low, high, bars)
	for _, r := range rows {
		h.Bars[r.Bar] = r.N
		h.Counted += r.N
	}
	return h, err
}

// Add counts a value.
func (h *Histogram) Add(v float64) {
	n := len(h.Bars)
	bar := int(math.Floor((v - h.Low) / (h.High - h.Low) * float64(n)))
	h.Bars[max(0, min(n-1, bar))]++
	h.Counted++
}
