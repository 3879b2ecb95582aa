package db_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"sextant/db"
)

const responseLog = `CREATE TABLE public.responses (user_id text, item_id bigint, is_correct bool, responded_at timestamptz, topic_id text,
	response_time_ms int, hints int)`

// response is one answer of the naive computation's world.
type response struct {
	user, topic string
	correct     bool
	at          time.Time
	ms          *int
	hints       int
}

// estimate is one row of its θ history.
type estimate struct {
	user, topic, bank string
	theta             float64
	se                *float64
	asOf              time.Time
}

// world draws answers and θs around a day, most of them at the edges of windows.
func world(r *rand.Rand, d db.Day) (answers []response, thetas []estimate) {
	moment := func() time.Time {
		back := []int{0, 0, 0, 0, 1, 5, 12, 13, 14, 15, 20, 26, 27, 28, 29, -1}[r.IntN(16)]
		start := d.Add(-back).Start()
		switch r.IntN(5) {
		case 0:
			return start
		case 1:
			return start.Add(24*time.Hour - time.Microsecond)
		case 2:
			return start.Add(12 * time.Hour) // many ties
		}
		return start.Add(time.Duration(r.Int64N(24*3600)) * time.Second)
	}
	users := []string{"ann", "Bob", "가", "d@x.y", "one"}
	for i := range 260 {
		a := response{user: users[r.IntN(4)], topic: []string{"t", "U", ""}[r.IntN(3)], correct: r.IntN(3) > 0, at: moment(), hints: max(0, r.IntN(5)-2)}
		if i == 0 {
			a.user, a.topic, a.at = "one", "t", d.Start()
		}
		if ms := r.IntN(3000) - 300; r.IntN(5) > 0 {
			if r.IntN(4) == 0 {
				ms = 100 + r.IntN(2)
			}
			a.ms = &ms
		}
		answers = append(answers, a)
	}
	for range 60 {
		e := estimate{user: users[r.IntN(4)], topic: []string{"t", "U", ""}[r.IntN(3)], theta: r.NormFloat64() * 2, asOf: moment()}
		if se := r.Float64() - 0.1; r.IntN(6) > 0 {
			e.se = &se
		}
		if r.IntN(8) == 0 {
			e.bank = "topic:x"
		}
		if e.theta > 2 {
			e.theta = math.Round(e.theta*1000)/1000 + 0.0005 // ties of rounding
		}
		thetas = append(thetas, e)
	}
	return answers, thetas
}

func (b base) load(t *testing.T, answers []response, thetas []estimate) {
	t.Helper()
	for i, a := range answers {
		b.exec(t, `INSERT INTO responses VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7)`, a.user, i, a.correct, a.at, a.topic, a.ms, a.hints)
	}
	for i, e := range thetas {
		b.exec(t, `SELECT sextant.theta_month($1)`, e.asOf)
		b.exec(t, `INSERT INTO sextant.theta_history (user_id, topic_id, theta, se, model, version, source, bank, as_of, estimated_at)
			VALUES ($1, nullif($2, ''), $3, CASE WHEN $4::float8 >= 0 THEN $4::float8 END, '2PL', 'v1', 'online', $5, $6, '2026-01-01'::timestamptz + $7 * interval '1 second')`,
			e.user, e.topic, e.theta, e.se, e.bank, e.asOf, i)
	}
	b.sync(t, db.SyncOptions{})
}

// naive computes the day's rows one by one, as the definitions say.
func naive(answers []response, thetas []estimate, d db.Day, o db.FeaturesOptions) []string {
	inside := func(at time.Time, from, to db.Day) bool { return !at.Before(from.Start()) && at.Before(to.End()) }
	newest := func(user, topic string, from, to time.Time) *estimate {
		var best *estimate
		for i := range thetas { // later ones were estimated later
			e := &thetas[i]
			if e.user == user && e.topic == topic && e.bank == "" && e.se != nil && *e.se > 0 && !e.asOf.Before(from) && e.asOf.Before(to) &&
				(best == nil || !e.asOf.Before(best.asOf)) {
				best = e
			}
		}
		return best
	}
	type key struct{ user, topic string }
	groups := map[key][]response{}
	for _, a := range answers {
		if a.topic != "" && inside(a.at, d, d) && (len(o.Users) == 0 || slices.Contains(o.Users, a.user)) {
			groups[key{a.user, a.topic}] = append(groups[key{a.user, a.topic}], a)
		}
	}
	var out []string
	for k, as := range groups {
		var correct, hints int
		var times []int
		var last time.Time
		for _, a := range as {
			if a.correct {
				correct++
			}
			if a.hints > 0 {
				hints++
			}
			if a.ms != nil && *a.ms > 0 {
				times = append(times, *a.ms)
			}
			if a.at.After(last) {
				last = a.at
			}
		}
		mean, median := "∅", "∅"
		if n := len(times); n > 0 {
			sort.Ints(times)
			sum := 0
			for _, ms := range times {
				sum += ms
			}
			mean = halfAway(big.NewRat(int64(sum), int64(n)), 0)
			median = halfAway(big.NewRat(int64(times[(n-1)/2]+times[n/2]), 2), 0)
		}
		theta, sd := "∅", "∅"
		if o.IncludeTheta {
			e := newest(k.user, k.topic, time.Time{}, d.End())
			if e == nil {
				e = newest(k.user, "", time.Time{}, d.End())
			}
			if e != nil {
				theta, sd = numeric63(e.theta), numeric63(*e.se)
			}
		}
		var n, right [2]float64 // prev, recent
		for _, a := range answers {
			if a.user != k.user || a.topic != k.topic {
				continue
			}
			for w, from := range []int{-27, -13} {
				if inside(a.at, d.Add(from), d.Add(from+13)) {
					n[w]++
					if a.correct {
						right[w]++
					}
				}
			}
		}
		improvement := "∅"
		exposure := math.Min(1, n[1]/30)
		prev := newest(k.user, k.topic, d.Add(-27).Start(), d.Add(-14).End())
		recent := newest(k.user, k.topic, d.Add(-13).Start(), d.End())
		if o.UseTheta && n[1] >= 5 && prev != nil && recent != nil {
			improvement = numeric63(clamp((recent.theta - prev.theta) * exposure * (1 - math.Min(0.5, 1.96**recent.se))))
		} else if n[0] > 0 && n[1] > 0 {
			p := right[1] / n[1]
			improvement = numeric63(clamp((p - right[0]/n[0]) * exposure * (1 - math.Min(0.5, 1.96*math.Sqrt(p*(1-p)/n[1])))))
		}
		out = append(out, strings.Join([]string{k.user, k.topic, strconv.Itoa(len(as)), strconv.Itoa(correct), mean, median, strconv.Itoa(hints),
			theta, sd, improvement, last.UTC().Format("2006-01-02 15:04:05.000000")}, "|"))
	}
	slices.Sort(out)
	return out
}

func clamp(x float64) float64 { return math.Max(-1, math.Min(1, x)) }

// halfAway rounds to digits places, halves away from zero.
func halfAway(x *big.Rat, digits int) string { return x.FloatString(digits) }

// numeric63 is PostgreSQL's cast of a double, through 15 digits, to numeric(6,3).
func numeric63(x float64) string {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', 15, 64))
	if !ok {
		panic(x)
	}
	if s := halfAway(r, 3); s != "-0.000" {
		return s
	}
	return "0.000"
}

const featureRows = `SELECT user_id, topic_id, attempts, correct, avg_time_ms, rt_median, hints, theta_estimate, theta_sd, improvement,
	to_char(last_seen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM features_topic_daily WHERE date = $1 AND computed_at IS NOT NULL
	ORDER BY user_id COLLATE "C", topic_id COLLATE "C"`

const featureStage = "aggregate-features-daily"

// publish makes the day's slice as the stage does.
func (b base) publish(t *testing.T, o db.FeaturesOptions) (read, written int64) {
	t.Helper()
	run := &db.Run{ID: uuid.New()}
	b.inTx(t, func(tx *db.Tx) (err error) {
		if read, written, err = tx.PublishFeatures(t.Context(), featureStage, o); err != nil {
			return err
		}
		return tx.Publish(t.Context(), run, db.Publication{Stage: featureStage, Day: o.Day, Complete: len(o.Users) == 0})
	})
	return read, written
}

func TestFeaturesEqualTheNaiveComputation(t *testing.T) {
	t.Parallel()
	for seed, zone := range []string{"UTC", "Asia/Seoul", "America/New_York"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			b := migrated(t, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET timezone = ''`+zone+`'''; END $$`, responseLog)
			d := day(t, []string{"2026-03-15", "2024-02-29", "2021-01-03"}[seed]) // around a change of clocks, a leap day, week 53
			answers, thetas := world(rand.New(rand.NewPCG(uint64(seed), 7)), d)   // a test's world is to be repeatable
			b.load(t, answers, thetas)
			for _, o := range []db.FeaturesOptions{
				{}, {UseTheta: true}, {IncludeTheta: true}, {IncludeTheta: true, UseTheta: true}, {IncludeTheta: true, Users: []string{"ann", "가", "nobody"}},
			} {
				for _, o.Day = range []db.Day{d, d.Add(1), d.Add(-13)} {
					b.exec(t, `TRUNCATE features_topic_daily`)
					want := naive(answers, thetas, o.Day, o)
					read, written := b.publish(t, o)
					got := b.rows(t, featureRows, o.Day)
					diff(t, fmt.Sprintf("%+v", o), got, strings.Join(want, "\n"))
					attempts := value[int64](t, b, `SELECT coalesce(sum(attempts), 0)::bigint FROM features_topic_daily`)
					if read != attempts || written != int64(len(want)) {
						t.Errorf("%+v: read %d wrote %d, want %d and %d", o, read, written, attempts, len(want))
					}
					b.publish(t, o)
					diff(t, "rerun", b.rows(t, featureRows, o.Day), got)
				}
			}
		})
	}
}

func TestFeaturesRound(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog)
	at := day(t, "2026-03-01").Start()
	ms := func(v int) *int { return &v }
	half := 0.0005
	b.load(t, []response{
		{user: "mean", topic: "t", at: at, ms: ms(1)}, {user: "mean", topic: "t", at: at, ms: ms(2)},
		{user: "long", topic: "t", at: at, ms: ms(math.MaxInt32)}, {user: "long", topic: "t", at: at, ms: ms(math.MaxInt32)},
		{user: "none", topic: "t", at: at, ms: ms(0)}, {user: "minus", topic: "t", at: at},
		{user: "huge", topic: "t", at: at},
	}, []estimate{
		{user: "mean", theta: 1.0005, se: &half, asOf: at}, {user: "minus", theta: -1.0005, se: &half, asOf: at},
		{user: "huge", theta: 123456, se: &half, asOf: at},
	})
	b.publish(t, db.FeaturesOptions{Day: day(t, "2026-03-01"), IncludeTheta: true})
	diff(t, "features", b.rows(t, `SELECT user_id, avg_time_ms, rt_median, theta_estimate, theta_sd FROM features_topic_daily ORDER BY 1`),
		"huge|∅|∅|∅|∅\nlong|2147483647|2147483647|∅|∅\nmean|2|2|1.001|0.001\nminus|∅|∅|-1.001|0.001\nnone|∅|∅|∅|∅")
}

// A slice replaces its own rows and nobody else's.
func TestFeaturesReplaceTheirOwnRows(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog)
	d := day(t, "2026-03-01")
	at := d.Start().Add(time.Hour)
	b.load(t, []response{{user: "ann", topic: "t", at: at}, {user: "ann", topic: "u", at: at}, {user: "bob", topic: "t", at: at},
		{user: "bob", topic: "u", at: at}, {user: "ann", topic: "t", at: at.Add(24 * time.Hour)}}, nil)
	b.exec(t, `INSERT INTO features_topic_daily (user_id, topic_id, date, attempts, theta_estimate, computed_at) VALUES
		('other', 't', '2026-03-01', 5, NULL, '2026-03-02Z'), ('null', 't', '2026-03-01', 5, NULL, NULL), ('ann', 't', '2026-03-01', 9, 1.5, '2026-03-02Z')`)
	b.publish(t, db.FeaturesOptions{Day: d})
	b.publish(t, db.FeaturesOptions{Day: d.Add(1)})
	const rows = `SELECT user_id, topic_id, to_char(date, 'DD'), attempts, theta_estimate FROM features_topic_daily ORDER BY 3, 1, 2`
	diff(t, "first", b.rows(t, rows), "ann|t|01|1|1.500\nann|u|01|1|∅\nbob|t|01|1|∅\nbob|u|01|1|∅\nnull|t|01|5|∅\nother|t|01|5|∅\nann|t|02|1|∅")

	b.exec(t, `DELETE FROM responses WHERE topic_id = 'u'`)
	b.sync(t, db.SyncOptions{Full: true})
	if _, written := b.publish(t, db.FeaturesOptions{Day: d, Users: []string{"ann"}}); written != 2 {
		t.Errorf("ann's slice wrote %d rows, want one put and one deleted", written)
	}
	diff(t, "ann's slice", b.rows(t, rows), "ann|t|01|1|1.500\nbob|t|01|1|∅\nbob|u|01|1|∅\nnull|t|01|5|∅\nother|t|01|5|∅\nann|t|02|1|∅")
	b.exec(t, `DELETE FROM responses WHERE responded_at < '2026-03-02Z'`)
	b.sync(t, db.SyncOptions{Full: true})
	b.publish(t, db.FeaturesOptions{Day: d})
	diff(t, "an empty day", b.rows(t, rows), "null|t|01|5|∅\nother|t|01|5|∅\nann|t|02|1|∅")
}

// A snapshot sees the answers it began with, though a full sync builds them anew meanwhile.
func TestSnapshotSurvivesASwap(t *testing.T) {
	t.Parallel()
	b := migrated(t, responseLog)
	b.load(t, []response{{user: "ann", at: time.Now()}}, nil)
	done := make(chan error, 1)
	err := b.InSnapshot(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Revision(t.Context(), day(t, "2026-03-01"), day(t, "2026-03-01")); err != nil {
			return err // from here on the snapshot stands
		}
		go func() {
			done <- b.InTx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Sync(t.Context(), db.SyncOptions{Full: true})
				return err
			})
		}()
		const settled = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
		for !value[bool](t, b, settled) && len(done) == 0 {
			continue
		}
		got, err := tx.AnswersUntil(t.Context(), "ann", time.Now())
		if len(got) != 1 {
			t.Errorf("%d answers in the snapshot, want 1", len(got))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
