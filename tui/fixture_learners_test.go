package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

// Learners searches and sorts the fixture's learners.
func (f *fixture) Learners(ctx context.Context, q db.LearnerFilter) (db.Learners, error) {
	if err := f.read(ctx); err != nil {
		return db.Learners{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searched = append(f.searched, q.Query)
	var out db.Learners
	for _, l := range f.learners {
		if strings.Contains(strings.ToLower(l.UserID), strings.ToLower(q.Query)) {
			out.Learners = append(out.Learners, l)
		}
	}
	sign := 1
	if q.Reverse {
		sign = -1
	}
	slices.SortStableFunc(out.Learners, func(a, b db.Learner) int {
		switch q.Sort {
		case "id":
			return sign * strings.Compare(a.UserID, b.UserID)
		case "theta":
			return -sign * cmp.Compare(value(a.Theta), value(b.Theta))
		case "se":
			return -sign * cmp.Compare(value(a.SE), value(b.SE))
		case "risk":
			return -sign * cmp.Compare(value(a.Risk), value(b.Risk))
		}
		return -sign * a.LastAt.Compare(b.LastAt)
	})
	if q.Limit > 0 && len(out.Learners) > q.Limit {
		out.Learners, out.More = out.Learners[:q.Limit], true
	}
	return out, nil
}

func (f *fixture) Learner(ctx context.Context, id string) (jobs.LearnerDetail, error) {
	if err := f.read(ctx); err != nil {
		return jobs.LearnerDetail{}, err
	}
	for _, l := range f.learners {
		if l.UserID == id {
			return detailOf(l), nil
		}
	}
	return jobs.LearnerDetail{}, db.ErrNotFound
}

func (f *fixture) LearnerKPIs(ctx context.Context, id string, _ *db.Day, _ map[string]string) (jobs.KPIDetail, error) {
	d := jobs.KPIDetail{UserID: id, Date: *day("2025-11-21"), Week: *day("2025-11-17"), Active: true}
	for i, k := range db.Formulas() {
		d.KPIs = append(d.KPIs, jobs.KPILine{Key: k.Key, Title: k.Title, Value: ptr(0.1 + 0.12*float64(i)), Stored: ptr(0.1 + 0.12*float64(i)),
			Steps: []string{"recent [2025-11-08, 2025-11-21]: 24 of 36 correct", "before [2025-10-25, 2025-11-07]: 15 of 27 correct", "(0.667 − 0.556) · 1 · (1 − 0.154) = 0.094"}})
	}
	return d, f.read(ctx)
}

func (f *fixture) PreviewRestore(ctx context.Context, users []string, when time.Time) ([]jobs.Restoration, error) {
	var out []jobs.Restoration
	for _, u := range users {
		d, err := f.Learner(ctx, u)
		if err != nil {
			return nil, err
		}
		for _, p := range d.Trajectory {
			if p.EstimatedAt.Equal(when) {
				then := db.RestoredTheta{Theta: p.Theta, SE: p.SE, Answers: p.Answers, Version: p.Version, Source: p.Source, AsOf: p.AsOf, EstimatedAt: when, Now: &d.Ability.Theta, NowAsOf: &d.Ability.FittedAt}
				topic, of := then, "algebra"
				topic.TopicID, topic.Theta, topic.SE, topic.Now = &of, p.Theta+0.21, ptr(0.44), ptr(d.Ability.Theta+0.19)
				out = append(out, jobs.Restoration{UserID: u, At: when, Thetas: []db.RestoredTheta{then, topic}})
			}
		}
	}
	return out, f.read(ctx)
}

// CompareRuns tells two runs of the fixture apart.
func (f *fixture) CompareRuns(ctx context.Context, a, b uuid.UUID) (jobs.RunComparison, error) {
	one, err := f.Run(ctx, a, 0)
	if err != nil {
		return jobs.RunComparison{}, err
	}
	two, err := f.Run(ctx, b, 0)
	if two.CreatedAt.Before(one.CreatedAt) {
		one, two = two, one
	}
	c := jobs.RunComparison{A: one.Run, B: two.Run, Lines: []jobs.ComparedLine{
		{Kind: jobs.ComparedFact, Name: "stage", A: one.Stage, B: two.Stage, Differs: one.Stage != two.Stage},
		{Kind: jobs.ComparedFact, Name: "status", A: string(one.Status), B: string(two.Status), Differs: one.Status != two.Status},
		{Kind: jobs.ComparedFact, Name: "days", A: "2025-11-21", B: "2025-11-22", Differs: true}, {Kind: jobs.ComparedFact, Name: "took", A: "95.0 s", B: "", Differs: true},
		{Kind: jobs.ComparedFact, Name: "units", A: "0 of 1", B: "3 of 12", Differs: true}, {Kind: jobs.ComparedFact, Name: "rows read", A: "201443", B: "201443"},
		{Kind: jobs.ComparedFact, Name: "failures", A: "0", B: "1", Differs: true}, {Kind: jobs.ComparedFact, Name: "prior", A: "N(0.000, 1.000²)", B: "N(0.021, 0.980²)", Differs: true},
		{Kind: jobs.ComparedParameter, Name: "model", A: "2PL", B: "3PL", Differs: true},
		{Kind: jobs.ComparedLinking, Name: "link accumulated_se", A: "0.011", B: "0.017", Differs: true}, {Kind: jobs.ComparedLinking, Name: "link b", A: "0.021", B: "0.094", Differs: true},
		{Kind: jobs.ComparedLinking, Name: "link to", A: "anchors", B: "previous", Differs: true}},
		Fails: jobs.ComparedFailures{OnlyB: []db.RunFailure{{Kind: "learner", Subject: "김서연", Error: "no parameters for any of 12 answers"}}}}
	if one.Stage == two.Stage && one.Stage == "mirt-calibrate" {
		c.Items = &jobs.ComparedBanks{OnlyB: 3, MeanDB: 0.071, RMSDB: 0.192, MeanDA: 0.012, RMSDA: 0.084}
		for i := range 20 {
			d := 0.9 - 0.08*float64(i)
			c.Items.Items = append(c.Items.Items, jobs.ComparedItem{ItemID: fmt.Sprint(101 + i*7), A1: 1.1, A2: 1.14, B1: -0.4, B2: -0.4 + d, Drift: jobs.Drift{DeltaA: 0.04, DeltaB: d, ZB: ptr(d * 9)}})
		}
	}
	return c, err
}
