package main

import (
	"context"

	"sextant/db"
	"sextant/jobs"
)

const (
	reportStage  = "generate-weekly-report"
	firstReports = 12 // learners whose reports are there before the console is
)

// report makes the reports of the last complete week, unless they are there.
// Before a console opens it makes those of the learners that it shows first, and
// leaves the rest to a process of its own.
func (d *demonstration) report(ctx context.Context, console bool) error {
	service := d.app.service(d.session)
	p, err := service.Pipeline(ctx)
	if err != nil {
		return err
	}
	sunday := d.lastDay().Add(1).Monday().Add(-1)
	for _, s := range p.Stages {
		if s.Name == reportStage && (s.State == jobs.StateRunning || s.DataDay != nil && !s.DataDay.Before(sunday)) {
			return nil
		}
	}
	began := d.app.clock()
	q := jobs.Request{Stage: reportStage}
	if console {
		first, err := service.Learners(ctx, db.LearnerFilter{Limit: firstReports})
		if err != nil {
			return err
		}
		for _, l := range first.Learners {
			q.Users = append(q.Users, l.UserID)
		}
		q.Options = map[string]string{"format": "html,pdf"}
	}
	run, err := d.run(ctx, q)
	if err != nil {
		return err
	}
	d.took(began, "made the weekly reports of %s", plural(run.RowsRead, "learner"))
	if console {
		_, err = service.Launch(ctx, jobs.Request{Stage: reportStage, Reason: "demo", Trigger: db.TriggerCLI})
	}
	return err
}
