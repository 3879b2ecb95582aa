package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sextant/db"
)

// Level sorts findings by what a person does about them.
type Level string

// The levels of a finding. Warnings and errors are problems.
const (
	LevelOK    Level = "ok"
	LevelInfo  Level = "info"  // good to know
	LevelWarn  Level = "warn"  // works, but not as it should
	LevelError Level = "error" // does not work
)

// Finding is one thing doctor has looked at.
type Finding struct {
	Level   Level  `json:"level"`
	Check   string `json:"check"`   // what was looked at; a stable word
	What    string `json:"what"`    // what was found
	Command string `json:"command"` // that mends it; empty: there is nothing to mend, or no command does
}

// Diagnosis is what doctor says of a database.
type Diagnosis struct {
	At         time.Time             `json:"at"`
	Database   string                `json:"database"`
	Server     string                `json:"server"` // PostgreSQL's version
	Schema     int64                 `json:"schema"`
	Wanted     int64                 `json:"schema_wanted"`
	Source     db.Source             `json:"source"` // that the next sync reads; empty: none
	Reader     db.Source             `json:"reader"` // the relation that it is read from
	Platform   []db.PlatformRelation `json:"platform"`
	Published  []db.PublishedGap     `json:"published"`
	Forecast   *db.Forecast          `json:"forecast"` // null: nothing to read
	Comparison *db.Comparison        `json:"comparison"`
	Findings   []Finding             `json:"findings"`
	Problems   int                   `json:"problems"` // warnings and errors among them
}

// Doctor looks at the database, before or after its migration, and says what is
// there, missing, wrong or late, and what mends it. It writes nothing.
func (s *Service) Doctor(ctx context.Context) (Diagnosis, error) {
	d := Diagnosis{At: s.runner.Clock().UTC(), Database: s.about.Database, Platform: []db.PlatformRelation{}}
	probe, err := s.db.Probe(ctx)
	if err != nil {
		return d, err
	}
	d.findWay(probe)
	if probe.Pooled { // nothing else can be trusted to come from one session
		return d.counted(), nil
	}
	survey, err := s.db.Survey(ctx)
	if err != nil {
		return d, err
	}
	d.Server, d.Schema, d.Wanted, d.Published = survey.Version, survey.Schema, survey.Wanted, survey.Published
	d.Platform = append(d.Platform, survey.Relations...)
	d.findServer(survey, probe)
	d.findSchema(survey)
	d.findPlatform(survey)
	if survey.SourceErr == nil {
		d.Source, d.Reader = survey.Source, survey.Reader
		if err := s.read(ctx, &d); err != nil {
			return d, err
		}
	}
	d.findPrivileges(survey)
	s.findScorer(ctx, &d)
	s.findReports(ctx, &d)
	if survey.Schema == survey.Wanted && !lacksLooking(survey) {
		p, err := s.Pipeline(ctx)
		if err != nil {
			return d, err
		}
		d.findStages(p, survey)
	}
	return d.counted(), nil
}

// read reads samples of the source.
func (s *Service) read(ctx context.Context, d *Diagnosis) error {
	f, err := s.db.Forecast(ctx)
	if err != nil && !db.IsKind(err, db.KindPrivilege) {
		return err
	}
	if err == nil {
		d.Forecast = &f
		d.findQuarantine(f)
	}
	c, err := s.db.CompareAttempt(ctx)
	if err != nil && !db.IsKind(err, db.KindPrivilege) {
		return err
	}
	if err == nil && c != nil {
		d.Comparison = c
		d.findComparison(*c)
	}
	return nil
}

func (d Diagnosis) counted() Diagnosis {
	for _, f := range d.Findings {
		if f.Level == LevelWarn || f.Level == LevelError {
			d.Problems++
		}
	}
	return d
}

func (d *Diagnosis) find(l Level, check, command, what string, args ...any) {
	d.Findings = append(d.Findings, Finding{Level: l, Check: check, What: fmt.Sprintf(what, args...), Command: command})
}

// inPSQL is the shell command that runs a statement on the database.
func inPSQL(sql string) string {
	return `psql "$DATABASE_URL" -c ` + shellJoin([]string{sql})
}

func lacksLooking(s db.Survey) bool {
	for _, p := range s.Lacking {
		if strings.HasPrefix(p.Name, "SELECT on") {
			return true
		}
	}
	return false
}
