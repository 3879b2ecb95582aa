package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"time"

	"sextant/db"
	"sextant/irt"
)

// Calibrate is mirt-calibrate: it fits the item bank on the answers of the
// lookback, links it to the scale in force, scores every learner and publishes
// all of that as one slice.
type Calibrate struct{}

// CalibrateParams are its parameters.
type CalibrateParams struct {
	Lookback   int    `param:"lookback-days" env:"MIRT_LOOKBACK_DAYS" default:"30" min:"1" help:"days of answers that end with the as-of day"`
	Model      string `param:"model" env:"MIRT_MODEL" default:"2PL" choices:"rasch,1pl,2pl,3pl" help:"rasch (a = 1), 1pl (one slope), 2pl or 3pl"`
	MinAnswers int    `param:"min-answers" default:"20" min:"2" help:"items with fewer first answers are set aside"`
	Link       string `param:"link" default:"stocking-lord" choices:"stocking-lord,mean-sigma" help:"how the fit is put on the scale in force"`
	Version    string `param:"scale" default:"v1" help:"the θ scale's name; a new name starts a new scale"`
}

const calibrateStage = "mirt-calibrate"

// Info describes the stage.
func (Calibrate) Info() Info {
	return Info{Name: calibrateStage, Summary: "Item calibration, linked, and everyone's θ",
		Schedule: "0 3 * * *", Grace: 30 * time.Minute, Slice: "calibration"}
}

// Params gives its parameters.
func (Calibrate) Params() any { return &CalibrateParams{} }

// Plan is one calibration a day asked for.
func (Calibrate) Plan(ctx context.Context, j *Job) (Plan, error) {
	if len(j.Request.Users) > 0 {
		return Plan{}, usagef("%s takes no --user: a calibration is of all learners; see 'sextant theta recompute'", calibrateStage)
	}
	p := j.Params.(*CalibrateParams)
	states, err := j.DB.DayStates(ctx, calibrateStage, j.From, j.To, p.Lookback)
	if err != nil {
		return Plan{}, err
	}
	var plan Plan
	for _, st := range states {
		if st.Day.Before(j.From) {
			continue // an older calibration is history: newer ones stand on the changed answers
		}
		s := Slice{Day: st.Day}
		s.Skip, s.Reason = j.judge(st, false)
		if j.Run == nil {
			n, err := j.DB.WindowCount(ctx, db.BankFilter{}, st.Day.Add(1-p.Lookback), st.Day)
			if err != nil {
				return Plan{}, err
			}
			s.Learners, s.Answers = n.Learners, n.Answers
		}
		plan.Slices = append(plan.Slices, s)
	}
	return plan, nil
}

// Run fits, links, scores and publishes one calibration.
func (Calibrate) Run(ctx context.Context, j *Job, s Slice) error {
	p := j.Params.(*CalibrateParams)
	var revision int64
	if err := j.DB.InSnapshot(ctx, func(tx *db.Tx) (err error) {
		revision, err = tx.Revision(ctx, s.Day.Add(1-p.Lookback), s.Day)
		return err
	}); err != nil {
		return err
	}
	h, err := readHistory(ctx, j.DB, sampling{asOf: s.Day, lookback: p.Lookback})
	if err != nil {
		return err
	}
	j.Count(h.read, 0)
	c := &calibration{job: j, params: p, day: s.Day, history: h, revision: revision}
	if err := c.fit(ctx); err != nil {
		return err
	}
	if err := c.score(ctx); err != nil {
		return err
	}
	return c.publish(ctx)
}

// calibration is one calibration under way.
type calibration struct {
	job      *Job
	params   *CalibrateParams
	day      db.Day
	history  *history
	revision int64

	model  irt.Model
	result *irt.Result
	link   linkage
	prior  irt.Normal // of the population, on the linked scale
	thetas []db.Theta
}

// fit estimates the item parameters and links them.
func (c *calibration) fit(ctx context.Context) (err error) {
	if c.model, err = irt.ParseModel(c.params.Model); err != nil {
		return err
	}
	sample, err := c.history.first.Build()
	if err != nil {
		return fmt.Errorf("calibrate %s: %w", c.day, err)
	}
	o := irt.Options{Model: c.model, Workers: runtime.GOMAXPROCS(0), SE: true, MinAnswers: c.params.MinAnswers}
	if c.model == irt.ThreePL { // without it c is hardly identified: Mislevy 1986
		o.PriorC = &irt.LogitNormal{Mean: -1.1, SD: 0.5}
		o.PriorA = &irt.LogNormal{Mean: 0, SD: 0.5}
	}
	if c.result, err = irt.Fit(ctx, sample, o); err != nil {
		return fmt.Errorf("calibrate %s: %w; is the lookback of %d days long enough?", c.day, err, c.params.Lookback)
	}
	r := c.result
	c.job.Log.Info("fitted", "model", string(c.model), "learners", r.Persons, "answers", r.Answers, "cycles", r.Iterations,
		"log_likelihood", r.LogLikelihood, "reliability", r.Reliability)
	if !r.Converged && !c.job.Request.Force {
		return fmt.Errorf("calibrate %s: the fit did not converge in %d cycles; the parameters in force stay (publish it anyway with --force)",
			c.day, r.Iterations)
	}
	method := irt.StockingLord
	if c.params.Link == "mean-sigma" {
		method = irt.MeanSigma
	}
	if c.link, err = c.job.link(ctx, r, c.history, method, c.params.Version); err != nil {
		return err
	}
	c.prior = c.link.Normal(r.Latent)
	c.job.Log.Info("linked", "to", c.link.To, "method", string(c.link.Method), "A", c.link.A, "B", c.link.B,
		"items", c.link.Items, "se", c.link.SE, "accumulated_se", c.link.AccumulatedSE)
	if c.link.AccumulatedSE > linkAlarm {
		c.job.Log.Warn("the scale's accumulated linking error is past the alarm; add anchors or start a new scale",
			"accumulated_se", c.link.AccumulatedSE, "alarm", linkAlarm)
	}
	return nil
}

// score estimates everyone's θ with the new parameters and, for items this
// calibration set aside, those in force.
func (c *calibration) score(ctx context.Context) error {
	known, err := c.job.DB.ItemBank(ctx)
	if err != nil {
		return err
	}
	inForce := map[string]irt.ItemParams{}
	for _, k := range known {
		inForce[k.ItemID] = irt.ItemParams{A: k.A, B: k.B, C: k.C}
	}
	bank := make([]irt.ItemParams, len(c.history.items.names))
	usable := make([]bool, len(bank))
	for i, name := range c.history.items.names {
		p, ok := inForce[name]
		if c.result.Items[i].Dropped == "" {
			p, ok = c.link.Params(c.result.Items[i].Params), true
		}
		if !ok {
			p = irt.ItemParams{A: 1} // stands in the table, never used
		}
		bank[i], usable[i] = p, ok
	}
	s, err := irt.NewScorer(bank, c.prior, irt.Quadrature{})
	if err != nil {
		return fmt.Errorf("score %s: %w", c.day, err)
	}
	blocks := make([][]db.Theta, len(c.history.persons))
	err = parallel(ctx, len(blocks), func(i int) error {
		p := c.history.persons[i].only(usable)
		if len(p.items) == 0 {
			return nil
		}
		sc, err := scorePerson(s, p)
		if err != nil {
			return fmt.Errorf("score %s: %w", p.user, err)
		}
		blocks[i] = sc.thetas(p, c.history.topics.names)
		return nil
	})
	for _, b := range blocks {
		c.thetas = append(c.thetas, b...)
	}
	return err
}

// only keeps the answers to usable items.
func (p personAnswers) only(usable []bool) personAnswers {
	out := personAnswers{user: p.user, newest: p.newest}
	for i, it := range p.items {
		if usable[it] {
			out.items = append(out.items, it)
			out.correct = append(out.correct, p.correct[i])
			out.topics = append(out.topics, p.topics[i])
		}
	}
	return out
}

// thetas are a learner's estimates as they are written.
func (sc scored) thetas(p personAnswers, topics []string) []db.Theta {
	out := []db.Theta{{UserID: p.user, Theta: sc.overall.Theta, SE: sc.overall.SE, Answers: len(p.items), Newest: p.newest}}
	for _, t := range sc.topics {
		out = append(out, db.Theta{UserID: p.user, TopicID: topics[t.topic], Theta: t.ability.Theta, SE: t.ability.SE,
			Answers: t.answers, Newest: p.newest})
	}
	return out
}

// publish writes the calibration and the θs it implies, all or nothing.
func (c *calibration) publish(ctx context.Context) error {
	row, items, spec, metrics, err := c.rows()
	if err != nil {
		return err
	}
	return c.job.Commit(ctx, func(tx *db.Tx) error {
		older, err := tx.NewerPublished(ctx, calibrateStage, "", c.day)
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
			RunID: row.RunID, AsOf: asOf, InForce: !older}, c.thetas)
		if err != nil {
			return err
		}
		if err := tx.PublishFitMeta(ctx, row.RunID, spec, metrics); err != nil {
			return err
		}
		c.job.Count(0, n+int64(len(items)))
		return tx.Publish(ctx, c.job.Run, db.Publication{Stage: calibrateStage, Day: c.day, Complete: true,
			Revision: c.revision, Calibration: &row.RunID})
	})
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
	spec, err := json.Marshal(map[string]any{"model": strings.ToUpper(string(c.model)), "bank": "", "version": c.params.Version,
		"as_of": c.day, "lookback_days": c.params.Lookback, "prior": c.prior, "topic_sd": TopicSD * c.prior.SD,
		"linking_constants": json.RawMessage(linking)})
	if err != nil {
		return db.Calibration{}, nil, nil, nil, fmt.Errorf("record the model: %w", err)
	}
	id := c.job.sliceID(c.day)
	row := db.Calibration{RunID: id, Model: strings.ToUpper(string(c.model)), Version: c.params.Version, DataDay: c.day,
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
		if it.N > 0 {
			row.PCorrect = finite(it.PCorrect)
		}
		if it.Dropped == "" {
			p := c.link.Params(it.Params)
			row.A, row.B, row.C = &p.A, &p.B, &p.C
			row.SEA, row.SEB, row.SEC = finite(it.SE.A/c.link.A), finite(it.SE.B*c.link.A), finite(it.SE.C)
		}
		out[i] = row
	}
	return out
}
