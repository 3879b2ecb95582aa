package jobs_test

import (
	"encoding/json"
	"maps"
	"math"
	"testing"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/jobs"
)

const (
	kpis     = "compute-daily-kpis"
	inactive = "detect-inactivity"
)

// stored reads the rows of a week, by learner; keys of others are left out.
func (b *bench) stored(week db.Day) map[string]map[string]*float64 {
	b.Helper()
	rows, err := b.sql.Query(b.ctx, `SELECT user_id, kpis FROM public.weekly_kpi WHERE week_start = $1`, week)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	out := map[string]map[string]*float64{}
	for rows.Next() {
		var user string
		var text []byte
		all, six := map[string]any{}, map[string]*float64{}
		if err := rows.Scan(&user, &text); err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(text, &all); err != nil {
			b.Fatal(err)
		}
		for _, f := range db.Formulas() {
			if v, ok := all[f.Key]; ok {
				six[f.Key] = nil
				if v != nil {
					six[f.Key] = value(v.(float64))
				}
			}
		}
		if len(six) > 0 {
			out[user] = six
		}
	}
	if rows.Err() != nil {
		b.Fatal(rows.Err())
	}
	return out
}

// same compares rows learner by learner, key by key.
func (b *bench) same(what string, got, want map[string]map[string]*float64) {
	b.Helper()
	for user := range maps.Keys(want) {
		if len(got[user]) != len(want[user]) {
			b.Errorf("%s: %s has %d KPIs, want %d", what, user, len(got[user]), len(want[user]))
			continue
		}
		for key, w := range want[user] {
			switch g := got[user][key]; {
			case (g == nil) != (w == nil):
				b.Errorf("%s: %s of %s is null: %v, want %v", what, key, user, g == nil, w == nil)
			case g != nil && math.Abs(*g-*w) > 1e-12:
				b.Errorf("%s: %s of %s = %.17g, want %.17g", what, key, user, *g, *w)
			}
		}
	}
	for user := range got {
		if want[user] == nil {
			b.Errorf("%s: %s has KPIs and should not", what, user)
		}
	}
}

// expected are the naive KPIs of everyone who is due.
func expected(n naive) map[string]map[string]*float64 {
	out := map[string]map[string]*float64{}
	for _, u := range n.users() {
		if k := n.of(u); k != nil {
			out[u] = k
		}
	}
	return out
}

func TestKPIsAreThoseOfTheDefinitions(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		day, zone string
		params    map[string]string
		naive     naive
		collated  bool // the database does not sort by code point
	}{
		{"2026-03-29", "UTC", nil, naive{lookback: 30, horizon: 14}, true}, // a Sunday
		{"2024-02-29", "Asia/Seoul", map[string]string{"use-irt-theta": "true"}, naive{lookback: 30, horizon: 14, useTheta: true}, false},
		{"2021-01-03", "America/New_York", map[string]string{"lookback-days": "7", "default-target": "0.75", "churn-horizon-days": "30"}, // ISO week 53
			naive{lookback: 7, horizon: 30, target: 0.75}, false},
		{"2025-11-03", "America/New_York", map[string]string{"lookback-days": "70", "use-irt-theta": "1"}, // DST ends the day before
			naive{lookback: 70, horizon: 14, useTheta: true}, true},
	} {
		t.Run(tt.day, func(t *testing.T) {
			t.Parallel()
			url := dbtest.Migrated(t)
			if tt.collated {
				url = dbtest.New(t, dbtest.Template{Collated: true})
				must(dbtest.Open(t, url).Migrate(t.Context()))
			}
			b := benchOn(t, url)
			// Settings of the server must not matter: neither its zone nor how it writes numbers.
			name := one[string](b, `SELECT quote_ident(current_database())`)
			b.exec(`ALTER DATABASE ` + name + ` SET timezone = '` + tt.zone + `'`)
			b.exec(`ALTER DATABASE ` + name + ` SET extra_float_digits = -5`)
			b.sql.Reset()
			b.db.Close()
			b.db = must(db.Open(b.ctx, db.Config{URL: b.url}))
			t.Cleanup(b.db.Close)
			b.runner.DB = b.db
			d := *day(tt.day)
			n := tt.naive
			n.world, n.day, n.inactiveAfter = randomWorld(uint64(i+1), d, 48), d, 7
			b.load(n.world)
			b.run(jobs.Request{Stage: kpis, Date: &d, Options: tt.params})
			want := expected(n)
			tellsNullFromNumber(t, want)
			b.same(kpis, b.stored(d.Monday()), want)

			delete(tt.params, "lookback-days")
			delete(tt.params, "use-irt-theta")
			b.run(jobs.Request{Stage: inactive, Date: &d, Options: tt.params})
			picked := 0
			for _, u := range n.users() {
				q := n.quiet(u)
				if q == nil || q["P"] == nil && q["S"] == nil {
					continue
				}
				picked++
				if want[u] == nil {
					want[u] = map[string]*float64{}
				}
				maps.Copy(want[u], q)
			}
			if picked < 5 {
				t.Errorf("only %d learners are quiet", picked)
			}
			b.same(inactive, b.stored(d.Monday()), want)
		})
	}
}

// tellsNullFromNumber makes sure that a comparison has something to compare.
func tellsNullFromNumber(t *testing.T, rows map[string]map[string]*float64) {
	t.Helper()
	for _, f := range db.Formulas() {
		numbers := 0
		for _, row := range rows {
			if row[f.Key] != nil && *row[f.Key] != 0 {
				numbers++
			}
		}
		if numbers < 3 {
			t.Errorf("only %d of %d learners have a %s other than 0", numbers, len(rows), f.Key)
		}
	}
}
