package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sextant/db"
	"sextant/irt"
)

// publish writes the calibration and the θs it implies, all or nothing.
func (c *calibration) publish(ctx context.Context) error {
	row, items, spec, metrics, err := c.rows()
	if err != nil {
		return err
	}
	if c.questions, err = c.job.DB.HasQuestions(ctx); err != nil {
		return err
	}
	return c.job.Commit(ctx, func(tx *db.Tx) error {
		older, err := tx.NewerPublished(ctx, calibrateStage, c.bank, c.day)
		if err != nil {
			return err
		}
		if older {
			c.job.Log.Info("a later day is published: this calibration goes to the histories only", "day", c.day.String())
		}
		if err := tx.PublishCalibration(ctx, row, items, !older); err != nil {
			return err
		}
		asOf := c.day.Last()
		if c.job.Now.Before(asOf) {
			asOf = c.job.Now
		}
		n, err := tx.WriteThetas(ctx, db.ThetaBatch{Model: row.Model, Version: row.Version, Source: "calibration",
			Bank: c.bank, RunID: row.RunID, AsOf: asOf, Revision: c.seen, InForce: !older && c.bank == ""}, c.thetas)
		if err != nil {
			return err
		}
		if err := tx.PublishFitMeta(ctx, row.RunID, spec, metrics); err != nil {
			return err
		}
		for _, f := range c.failed {
			if err := tx.AddFailure(ctx, c.job.Run.ID, f); err != nil {
				return err
			}
		}
		c.job.Count(0, n+int64(len(items)))
		if err := c.updateMeta(ctx, tx, row, older); err != nil {
			return err
		}
		return tx.Publish(ctx, c.job.Run, db.Publication{Stage: calibrateStage, Scope: c.bank, Day: c.day, Complete: true,
			Revision: c.revision, Calibration: &row.RunID})
	})
}

// publishEmpty publishes a day whose lookback is empty, after a long holiday
// say: there is nothing to calibrate, which is no failure, and what is in force
// stays. A bank of its own without answers is more likely a name misspelt.
func (c *calibration) publishEmpty(ctx context.Context) error {
	c.job.Log.Info("no answers in the lookback: the parameters in force stay", "day", c.day.String(), "lookback_days", c.params.Lookback)
	return c.job.Commit(ctx, func(tx *db.Tx) error {
		return tx.Publish(ctx, c.job.Run, db.Publication{Stage: calibrateStage, Day: c.day, Complete: true, Revision: c.revision})
	})
}

// updateMeta writes the parameters that have come into force to question.meta.
func (c *calibration) updateMeta(ctx context.Context, tx *db.Tx, row db.Calibration, older bool) error {
	if !c.params.UpdateMeta || c.bank != "" || older || !c.questions {
		return nil
	}
	n, err := tx.UpdateQuestionMeta(ctx, row.RunID, row.Model)
	if err != nil {
		return err
	}
	c.job.Count(0, n)
	c.job.Log.Info("question.meta.irt written", "questions", n)
	return nil
}

// rows are the calibration as its tables hold it.
func (c *calibration) rows() (db.Calibration, []db.CalibratedItem, []byte, []byte, error) {
	r := c.result
	linking, err := json.Marshal(c.link)
	if err != nil {
		return db.Calibration{}, nil, nil, nil, fmt.Errorf("record the linking: %w", err)
	}
	metrics, err := json.Marshal(map[string]any{"log_likelihood": r.LogLikelihood, "iterations": r.Iterations,
		"converged": r.Converged, "n_persons": r.Persons, "n_answers": r.Answers, "reliability": r.Reliability})
	if err != nil {
		return db.Calibration{}, nil, nil, nil, fmt.Errorf("record the metrics: %w", err)
	}
	spec, err := json.Marshal(map[string]any{"model": strings.ToUpper(string(c.model)), "bank": c.bank, "version": c.params.Version,
		"as_of": c.day, "lookback_days": c.params.Lookback, "prior": c.prior, "topic_sd": TopicSD * c.prior.SD,
		"anchors": strings.ToLower(c.params.Anchors), "slope_prior": c.weak, "max_obs": c.params.MaxObs, "thinned": c.history.thinned,
		"scorer": strings.ToLower(c.params.Scorer), "linking_constants": json.RawMessage(linking)})
	if err != nil {
		return db.Calibration{}, nil, nil, nil, fmt.Errorf("record the model: %w", err)
	}
	id := c.job.sliceID(c.day)
	row := db.Calibration{RunID: id, Bank: c.bank, Model: strings.ToUpper(string(c.model)), Version: c.params.Version, DataDay: c.day,
		PriorMean: c.prior.Mean, PriorSD: c.prior.SD, Linking: linking, Metrics: metrics}
	return row, c.items(), spec, metrics, nil
}

// items are the bank on the linked scale, dropped items included.
func (c *calibration) items() []db.CalibratedItem {
	out := make([]db.CalibratedItem, len(c.result.Items))
	for i, it := range c.result.Items {
		row := db.CalibratedItem{ItemID: c.history.items.names[i], N: it.N, Dropped: string(it.Dropped)}
		for _, f := range it.Flags {
			row.Flags = append(row.Flags, string(f))
		}
		if slices.Contains(c.link.Drifted, row.ItemID) {
			row.Flags = append(row.Flags, flagDrift)
		}
		if it.N > 0 {
			row.PCorrect = finite(it.PCorrect)
		}
		if it.Dropped == "" {
			p := c.link.Params(it.Params)
			row.A, row.B, row.C = &p.A, &p.B, &p.C
			row.SEA, row.SEB, row.SEC = finite(it.SE.A/c.link.A), finite(it.SE.B*c.link.A), finite(it.SE.C)
		}
		if it.Fit != nil {
			row.ItemFit = itemFit(*it.Fit)
		}
		out[i] = row
	}
	return out
}

// itemFit are an item's fit statistics as they are kept; S-X² only where it
// could be computed.
func itemFit(f irt.FitStatistics) db.ItemFit {
	out := db.ItemFit{Infit: finite(f.Infit), Outfit: finite(f.Outfit)}
	if f.DF > 0 {
		out.SX2, out.SX2DF, out.SX2P = finite(f.SX2), &f.DF, finite(f.P)
	}
	return out
}
