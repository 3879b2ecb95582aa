package jobs

import (
	"context"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"sextant/db"
)

// KPIDetail is a learner's KPIs as of a day, with all they come from, beside
// what weekly_kpi holds for the week of that day.
type KPIDetail struct {
	UserID string         `json:"user_id"`
	Date   db.Day         `json:"date"`
	Week   db.Day         `json:"week_start"`
	Active bool           `json:"active"` // an answer in the lookback: compute-daily-kpis writes a row
	Params *KPIParams     `json:"params"`
	KPIs   []KPILine      `json:"kpis"`
	Inputs db.KPI         `json:"inputs"`
	Stored *db.StoredKPIs `json:"stored_row"` // nil: the week has no row
	Run    *uuid.UUID     `json:"params_run"` // whose parameters these are; nil: nobody has published the day
	Unlike []string       `json:"unlike"`     // those of them that this environment has otherwise
}

// KPILine is one KPI. A nil value is one whose inputs are missing.
type KPILine struct {
	Key    string   `json:"key"`
	Title  string   `json:"title"`
	Value  *float64 `json:"value"`  // as of the date, computed now
	Stored *float64 `json:"stored"` // in weekly_kpi
	Steps  []string `json:"steps"`  // how the value comes about
}

// LearnerKPIs computes a learner's KPIs as of a day (nil: the newest that
// compute-daily-kpis has published, else the last complete one), with the
// parameters of the run that published that day, else of this environment,
// unless options say otherwise. It writes nothing.
func (s *Service) LearnerKPIs(ctx context.Context, userID string, date *db.Day, options map[string]string) (KPIDetail, error) {
	now, _, err := s.runner.now(ctx)
	if err != nil {
		return KPIDetail{}, err
	}
	_, job, err := s.runner.prepare(Request{Stage: kpiStage, Date: date, Options: options}, now)
	if err != nil {
		return KPIDetail{}, err
	}
	params := job.Params.(*KPIParams)
	day := job.To
	if date == nil {
		published, err := s.db.PublishedDays(ctx)
		if err != nil {
			return KPIDetail{}, err
		}
		if newest, ok := published[kpiStage]; ok {
			day = newest
		}
	}
	d := KPIDetail{UserID: userID, Date: day, Week: day.Monday(), Params: params, Unlike: []string{}}
	if err := s.publishedWith(ctx, &d, options); err != nil {
		return d, err
	}
	o := d.Params.options(day, []string{userID})
	active, err := s.db.ActiveCount(ctx, o)
	if err != nil {
		return d, err
	}
	d.Active = active.Answers > 0
	err = s.db.InSnapshot(ctx, func(tx *db.Tx) error {
		rows, err := tx.KPIs(ctx, o)
		if err != nil {
			return err
		}
		d.Inputs = rows[0]
		d.Stored, err = tx.StoredKPIs(ctx, userID, day)
		return err
	})
	if err != nil {
		return d, err
	}
	if d.Stored == nil && d.Inputs.Visits == 0 {
		if _, err := s.known(ctx, userID); err != nil {
			return d, err
		}
	}
	d.lines()
	return d, nil
}

// publishedWith takes the parameters of the run that published the day, but for
// the options given, and tells which this environment has otherwise.
func (s *Service) publishedWith(ctx context.Context, d *KPIDetail, options map[string]string) error {
	var run *db.Run
	if err := s.db.InSnapshot(ctx, func(tx *db.Tx) (err error) {
		run, err = tx.PublishedBy(ctx, kpiStage, d.Date, d.UserID)
		return err
	}); err != nil || run == nil {
		return err
	}
	had, err := readObject(run.Params)
	if err != nil {
		return fmt.Errorf("read the parameters of run %s: %w", run.ID, err)
	}
	here, then := (&Job{Params: d.Params}).record(Request{}), map[string]string{}
	for _, spec := range Specs(d.Params) {
		v, known := had[spec.Name]
		if _, given := options[spec.Name]; given || !known {
			continue
		}
		then[spec.Name] = Field{spec.Name, v}.Exact()
		if now := fmt.Sprint(here[spec.Name]); !spec.Same(then[spec.Name], now) {
			d.Unlike = append(d.Unlike, fmt.Sprintf("%s %s, here %s", spec.Name, then[spec.Name], now))
		}
	}
	maps.Copy(then, options)
	params := &KPIParams{}
	if err := fill(params, nil, func(string) string { return "" }, then); err != nil {
		return fmt.Errorf("the parameters of run %s: %w", run.ID, err)
	}
	d.Params, d.Run = params, &run.ID
	return nil
}

// lines sets the KPIs from the inputs and the row stored.
func (d *KPIDetail) lines() {
	k := d.Inputs
	for i, f := range db.Formulas() {
		l := KPILine{Key: f.Key, Title: f.Title}
		l.Value = k.Values()[i]
		l.Steps = []func() []string{d.improvementSteps, d.efficiencySteps, d.recoverySteps, d.engagementSteps, d.reachSteps, d.churnSteps}[i]()
		if d.Stored != nil {
			if v, ok := d.Stored.KPIs[f.Key].(float64); ok {
				l.Stored = &v
			}
		}
		d.KPIs = append(d.KPIs, l)
	}
}
