package jobs

import (
	"strings"
	"testing"
	"time"

	"sextant/db"
)

// Each thing that can be wrong is told at its level, with what mends it.
func TestFindings(t *testing.T) {
	t.Parallel()
	sound := db.Survey{Server: 160004, Version: "16.4", Encoding: "UTF8", Schema: 9, Wanted: 9, MayChange: true, Trgm: "installed",
		Source: db.SourceExamResults, Reader: db.SourceExamResults, Recorded: db.SourceExamResults, Unique: true, Indexed: true}
	survey := func(change func(*db.Survey)) func(*Diagnosis) {
		return func(d *Diagnosis) {
			s := sound
			change(&s)
			d.findServer(s, db.Probe{TimeZone: "UTC"})
			d.findSchema(s)
			d.findPlatform(s)
			d.findPrivileges(s)
		}
	}
	for name, c := range map[string]struct {
		look    func(*Diagnosis)
		level   Level
		check   string
		what    string
		command string
	}{
		"a pooler":       {func(d *Diagnosis) { d.findWay(db.Probe{Proxy: true, Pooled: true}) }, LevelError, "connection", "transaction pooler", ""},
		"a proxy":        {func(d *Diagnosis) { d.findWay(db.Probe{Proxy: true}) }, LevelInfo, "connection", "sessions hold", ""},
		"skew":           {func(d *Diagnosis) { d.findWay(db.Probe{Skew: -40 * time.Second}) }, LevelWarn, "clock", "40s behind", ""},
		"much skew":      {func(d *Diagnosis) { d.findWay(db.Probe{Skew: 20 * time.Minute}) }, LevelError, "clock", "20m0s ahead of", ""},
		"an old server":  {survey(func(s *db.Survey) { s.Server, s.Version = 120017, "12.17" }), LevelError, "server", "12.17 is too old", ""},
		"an encoding":    {survey(func(s *db.Survey) { s.Encoding = "LATIN1" }), LevelWarn, "server", "LATIN1", ""},
		"a standby":      {survey(func(s *db.Survey) { s.Standby = true }), LevelInfo, "server", "hot standby", ""},
		"no trigrams":    {survey(func(s *db.Survey) { s.Trgm = "available" }), LevelInfo, "pg_trgm", "by a scan", "CREATE EXTENSION pg_trgm"},
		"a time zone":    {func(d *Diagnosis) { d.findServer(sound, db.Probe{TimeZone: "Asia/Seoul"}) }, LevelInfo, "time_zone", "Asia/Seoul", ""},
		"no schema":      {survey(func(s *db.Survey) { s.Schema = 0 }), LevelError, "schema", "missing", "sextant db migrate"},
		"an old schema":  {survey(func(s *db.Survey) { s.Schema = 3 }), LevelError, "schema", "at version 3", "sextant db migrate"},
		"a newer schema": {survey(func(s *db.Survey) { s.Schema = 12 }), LevelError, "schema", "use a newer sextant", ""},
		"no index":       {survey(func(s *db.Survey) { s.Indexed = false }), LevelWarn, "index", "reads the whole table", "CREATE INDEX CONCURRENTLY exam_results_updated_at_idx"},
		"not unique":     {survey(func(s *db.Survey) { s.Unique = false }), LevelError, "source", "no unique index", "CREATE UNIQUE INDEX CONCURRENTLY"},
		"may only look":  {survey(func(s *db.Survey) { s.MayChange = false }), LevelInfo, "privileges", "may only look", ""},
		"lacks a right": {survey(func(s *db.Survey) {
			s.Lacking = []db.Privilege{{Name: "SELECT on public.session", SQL: "GRANT SELECT ON public.session TO w"}}
		}),
			LevelError, "privileges", "lacks SELECT on public.session", `psql "$DATABASE_URL" -c 'GRANT SELECT ON public.session TO w'`},
		"a view on the answers": {survey(func(s *db.Survey) { s.Standing = []string{"MATERIALIZED VIEW kept"} }), LevelWarn, "views", "materialized view kept stands on sextant.answer", "DROP MATERIALIZED VIEW kept"},
		"a comparison": {func(d *Diagnosis) { d.findComparison(db.Comparison{Sessions: 2, Same: 3, OnlyAttempt: 1}) }, LevelWarn, "attempt",
			"1 only in attempt, 0 only in exam_results", ""},
		"a late stage": {func(d *Diagnosis) {
			d.findStages(Pipeline{Stages: []StageStatus{{Info: Info{Name: "mirt-calibrate"}, State: StateLate, Why: "due"}}}, sound)
		}, LevelWarn, "stages", "mirt-calibrate is late", "sextant run mirt-calibrate"},
		"a late θ": {func(d *Diagnosis) {
			d.findStages(Pipeline{Stages: []StageStatus{{Info: Info{Name: "update-theta"}, State: StateLate, Why: "a session has waited"}}}, sound)
		}, LevelWarn, "stages", "update-theta is late", "sextant worker"},
	} {
		t.Run(name, func(t *testing.T) {
			var d Diagnosis
			c.look(&d)
			for _, f := range d.Findings {
				if f.Level == c.level && f.Check == c.check && strings.Contains(f.What, c.what) && strings.Contains(f.Command, c.command) && (c.command == "") == (f.Command == "") {
					return
				}
			}
			t.Errorf("no %s of %s that says %q with the command %q among %+v", c.level, c.check, c.what, c.command, d.Findings)
		})
	}
	var d Diagnosis
	survey(func(*db.Survey) {})(&d)
	d.findWay(db.Probe{TimeZone: "UTC"})
	if d.counted().Problems != 0 {
		t.Errorf("a sound database has problems: %+v", d.Findings)
	}
}
