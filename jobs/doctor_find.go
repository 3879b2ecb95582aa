package jobs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sextant/db"
)

const (
	oldestServer = 130000           // PostgreSQL 13
	skewError    = 10 * time.Minute // nearer to the hour by which a sync looks back
)

// findWay is about what lies between here and the server.
func (d *Diagnosis) findWay(p db.Probe) {
	switch {
	case p.Pooled:
		d.find(LevelError, "connection", "", "a transaction pooler stands between here and the server: locks and sessions do not hold through it; "+
			"give DATABASE_URL the server's own address, or the pooler's session mode")
	case p.Proxy:
		d.find(LevelInfo, "connection", "", "a proxy or a session pooler stands between here and the server; sessions hold")
	default:
		d.find(LevelOK, "connection", "", "straight to the server")
	}
	skew := p.Skew.Abs().Round(time.Millisecond)
	ahead := "ahead of"
	if p.Skew < 0 {
		ahead = "behind"
	}
	switch {
	case skew >= skewError:
		d.find(LevelError, "clock", "", "the database's clock is %s %s this machine's: set both by NTP", skew.Round(time.Second), ahead)
	case skew >= SkewTolerance:
		d.find(LevelWarn, "clock", "", "the database's clock is %s %s this machine's: set both by NTP", skew.Round(time.Second), ahead)
	default:
		d.find(LevelOK, "clock", "", "agrees with the database's to %s", max(skew, time.Millisecond))
	}
}

// findServer is about the server as such.
func (d *Diagnosis) findServer(s db.Survey, p db.Probe) {
	switch {
	case s.Server < oldestServer:
		d.find(LevelError, "server", "", "PostgreSQL %s is too old: Sextant needs 13 or newer", s.Version)
	case s.Encoding != "UTF8":
		d.find(LevelWarn, "server", "", "PostgreSQL %s, but the database's encoding is %s: ids in other scripts may not fit", s.Version, s.Encoding)
	default:
		d.find(LevelOK, "server", "", "PostgreSQL %s", s.Version)
	}
	if s.Standby {
		d.find(LevelInfo, "server", "", "a hot standby: it can be looked at; stages run on the primary")
	} else if s.ReadOnly {
		d.find(LevelInfo, "server", "", "sessions of this role are read-only by default: nothing can be changed from here")
	}
	if !slices.Contains([]string{"UTC", "Etc/UTC", "GMT", "Zulu", "UCT", "Universal"}, p.TimeZone) {
		d.find(LevelInfo, "time_zone", "", "the server's time zone is %s; Sextant's days and weeks are UTC all the same", p.TimeZone)
	}
	switch s.Trgm {
	case "installed":
		d.find(LevelOK, "pg_trgm", "", "installed: learners are found by an index")
	case "available":
		if s.Schema == 0 {
			d.find(LevelInfo, "pg_trgm", "", "available; the migration installs it where the role may")
			break
		}
		d.find(LevelInfo, "pg_trgm", inPSQL(`CREATE EXTENSION pg_trgm; CREATE INDEX learner_trgm ON sextant.learner USING gin (user_id gin_trgm_ops)`),
			"not installed: learners are found by a scan")
	default:
		d.find(LevelInfo, "pg_trgm", "", "not available on this server: learners are found by a scan")
	}
}

// findSchema is about schema sextant and the published tables.
func (d *Diagnosis) findSchema(s db.Survey) {
	const migrate = "sextant db migrate"
	switch {
	case s.Closed:
		d.find(LevelError, "schema", "", "there is a schema sextant that this role may not look into: ask its owner for what 'sextant doctor --grants' prints")
	case s.Schema == 0:
		d.find(LevelError, "schema", migrate, "schema sextant is missing")
	case s.Schema < s.Wanted:
		d.find(LevelError, "schema", migrate, "schema sextant is at version %d, this binary needs %d", s.Schema, s.Wanted)
	case s.Schema > s.Wanted:
		d.find(LevelError, "schema", "", "schema sextant is at version %d, newer than this binary's %d: use a newer sextant", s.Schema, s.Wanted)
	default:
		d.find(LevelOK, "schema", "", "schema sextant is at version %d", s.Schema)
	}
	d.findPublished(s, migrate)
	for _, name := range s.Standing {
		kind, view, _ := strings.Cut(name, "VIEW ")
		d.find(LevelWarn, "views", inPSQL(`DROP `+name),
			"%s stands on sextant.answer, and a full sync, which replaces that table, will refuse to run", strings.ToLower(kind)+"view "+view)
	}
}

// findPublished is about the tables that dashboards read.
func (d *Diagnosis) findPublished(s db.Survey, migrate string) {
	if s.Closed {
		return // what the migration did is not known
	}
	level, will := LevelInfo, "the migration"
	if s.Schema == s.Wanted { // it has been, and somebody took away from it since
		level, migrate, will = LevelError, "", "by hand, for the migration is done: it"
	}
	var missing []string
	whole := true
	for _, g := range s.Published {
		if g.Missing {
			missing = append(missing, g.Table)
		}
		if len(g.Columns) > 0 {
			whole = false
			d.find(level, "published", migrate, "%s lacks columns; %s adds %s", g.Table, will, strings.Join(g.Columns, ", "))
		}
		if len(g.Wrong) > 0 {
			whole = false
			d.find(LevelError, "published", "", "%s: %s; what is published would not fit: change it by hand", g.Table, strings.Join(g.Wrong, ", "))
		}
	}
	if len(missing) > 0 {
		d.find(level, "published", migrate, "missing: %s; %s creates them", strings.Join(missing, ", "), will)
	} else if whole {
		d.find(LevelOK, "published", "", "all %d tables are there", len(s.Published))
	}
}

// findPlatform is about the platform's tables and the source of answers.
func (d *Diagnosis) findPlatform(s db.Survey) {
	there := map[string]bool{}
	for _, r := range s.Relations {
		there[r.Name] = true
		rows := ""
		if r.Rows != nil {
			rows = fmt.Sprintf(", about %s rows", grouped(*r.Rows))
		} else if r.Kind == "table" {
			rows = ", never analysed"
		}
		if r.OnExams {
			rows += ", on exam_results"
		}
		d.find(LevelOK, "platform", "", "%s: %s%s", r.Name, r.Kind, rows)
		d.findGaps(r, s)
	}
	for _, m := range []struct{ name, without string }{
		{"question", "no anchors and no seed parameters of items"},
		{"session", "sessions without a result are no activity"},
		{"interest_goal", "P is judged by the default target"},
	} {
		if !there[m.name] {
			d.find(LevelInfo, "platform", "", "%s is missing: %s", m.name, m.without)
		}
	}
	d.findSource(s)
}

func (d *Diagnosis) findSource(s db.Survey) {
	switch {
	case s.SourceErr != nil && s.Source == "" && s.Recorded == "":
		d.find(LevelError, "source", "sextant import --responses answers.csv", "nothing to read: there is none of attempt, responses and exam_results")
		return
	case s.SourceErr != nil:
		d.find(LevelError, "source", "", "%s", strings.TrimSuffix(s.SourceErr.Error(), "; see 'sextant doctor'"))
		return
	case s.Recorded != "":
		d.find(LevelOK, "source", "", "answers are read from %s", readAs(s))
	default:
		d.find(LevelOK, "source", "", "answers will be read from %s (the first that exists of attempt, responses, exam_results)", readAs(s))
	}
	if s.Reader == db.SourceAttempt && !s.Keyed {
		d.find(LevelInfo, "source", "", "no unique index holds attempt.id: rows without an id, and all but the first of the same, are set aside")
	}
	if s.Reader != db.SourceExamResults {
		return
	}
	if !s.Unique {
		d.find(LevelError, "source", inPSQL(`CREATE UNIQUE INDEX CONCURRENTLY ON public.exam_results (session_id)`),
			"no unique index holds exam_results.session_id, by which sessions are told apart")
	}
	if s.Indexed {
		d.find(LevelOK, "index", "", "exam_results has an index on updated_at: a sync reads what changed")
	} else {
		d.find(LevelWarn, "index", inPSQL(`CREATE INDEX CONCURRENTLY exam_results_updated_at_idx ON public.exam_results (updated_at)`),
			"exam_results has no index on updated_at: every sync reads the whole table")
	}
}

// readAs names the source, and the relation when that is another.
func readAs(s db.Survey) string {
	if s.Reader == s.Source {
		return string(s.Source)
	}
	return fmt.Sprintf("%s, by way of %s, on which that view stands: malformed answers cost only themselves", s.Source, s.Reader)
}

// findQuarantine is about the values that cannot be taken.
func (d *Diagnosis) findQuarantine(f db.Forecast) {
	over := fmt.Sprintf("all %s answers", grouped(f.Answers))
	if f.Sample {
		over = fmt.Sprintf("a sample of %s answers", grouped(f.Answers))
	}
	var reasons []string
	for _, r := range f.Reasons {
		reasons = append(reasons, r.Reason+" "+grouped(r.Count))
	}
	switch {
	case f.Failure != "":
		d.findFailure(f.Failure)
	case f.TimedOut:
		d.find(LevelWarn, "quarantine", "", "reading a sample of %s took more than 10 s; what would be set aside is not known", d.Reader)
	case len(reasons) == 0:
		d.find(LevelOK, "quarantine", "", "nothing would be set aside, counted over %s", over)
	default:
		d.find(LevelInfo, "quarantine", "", "%s would be lost to quarantine, counted over %s; by reason: %s",
			plural(f.Lost, "answer"), over, strings.Join(reasons, ", "))
	}
}

// findComparison is about attempt beside exam_results.
func (d *Diagnosis) findComparison(c db.Comparison) {
	switch {
	case c.Failure != "" && d.Reader == db.SourceExamResults:
		d.find(LevelInfo, "attempt", "", "attempt fails as a whole (%s); Sextant reads exam_results itself", c.Failure)
	case c.Failure != "":
		d.find(LevelError, "attempt", "sextant run sync-answers --source exam_results", "attempt fails as a whole: %s", c.Failure)
	case c.TimedOut:
		d.find(LevelInfo, "attempt", "", "attempt could not be compared with exam_results: a sample takes more than 5 s")
	case c.OnlyAttempt+c.OnlyExams == 0:
		d.find(LevelOK, "attempt", "", "attempt and exam_results hold the same %s in %s", plural(c.Same, "answer"), plural(int64(c.Sessions), "session"))
	default:
		d.find(LevelWarn, "attempt", "", "in %s, attempt and exam_results share %s; %s only in attempt, %s only in exam_results",
			plural(int64(c.Sessions), "session"), plural(c.Same, "answer"), grouped(c.OnlyAttempt), grouped(c.OnlyExams))
	}
}

// findPrivileges is about what the role may do.
func (d *Diagnosis) findPrivileges(s db.Survey) {
	for _, p := range s.Lacking {
		d.find(LevelError, "privileges", inPSQL(p.SQL), "the role lacks %s", p.Name)
	}
	switch {
	case len(s.Lacking) > 0:
	case s.Schema == s.Wanted && !s.MayChange:
		d.find(LevelInfo, "privileges", "", "the role may only look")
	default:
		d.find(LevelOK, "privileges", "", "the role has what it needs")
	}
}

// findStages is about the pipeline.
func (d *Diagnosis) findStages(p Pipeline, s db.Survey) {
	ailing := false
	for _, st := range p.Stages {
		switch st.State {
		case StateLate, StateFailed:
			ailing = true
			d.find(LevelWarn, "stages", Remedy(st.Name), "%s is %s: %s", st.Name, st.State, st.Why)
		case StateNever:
			ailing = true
			d.find(LevelInfo, "stages", Remedy(st.Name), "%s has published nothing yet", st.Name)
		}
	}
	for _, id := range s.Silent {
		ailing = true
		d.find(LevelWarn, "runs", "sextant runs show "+id.String(), "run %s says running, but its process is gone", id)
	}
	if p.Scale != nil {
		level := LevelOK
		if p.Scale.Alarm {
			level = LevelWarn
		}
		d.find(level, "scale", "", "%s", p.Scale.Words())
	}
	if !ailing {
		d.find(LevelOK, "stages", "", "none is late or failed")
	}
}

// grouped is a whole number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}
