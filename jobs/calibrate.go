package jobs

import (
	"context"
	"fmt"
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
	Lookback    int     `param:"lookback-days" env:"MIRT_LOOKBACK_DAYS" default:"30" min:"1" max:"36500" help:"days of answers that end with the as-of day"`
	Model       string  `param:"model" env:"MIRT_MODEL" default:"2PL" choices:"rasch,1pl,2pl,3pl" help:"rasch (a = 1), 1pl (one slope), 2pl or 3pl"`
	MaxObs      int     `param:"max-obs" env:"MIRT_MAX_OBS" default:"0" min:"0" help:"at most this many answers are fitted, the same quota an item, so that rare items stay whole; 0: all"`
	Topic       string  `param:"topic" env:"MIRT_TOPIC_ID" empty:"all topics" help:"only this topic: a bank of its own, which is not published"`
	Subject     string  `param:"subject" env:"MIRT_SUBJECT_ID" empty:"all subjects" help:"only this subject (exam_id): a bank of its own, which is not published"`
	MinAnswers  int     `param:"min-answers" default:"20" min:"2" help:"items with fewer first answers are set aside"`
	Link        string  `param:"link" default:"stocking-lord" choices:"stocking-lord,mean-sigma" help:"how the fit is put on the scale in force"`
	Anchors     string  `param:"anchors" default:"linked" choices:"linked,fixed" help:"link the fit to the anchors, or hold them at their parameters"`
	MaxResidual float64 `param:"max-residual" default:"0.15" min:"0" max:"1" help:"greatest RMSD of the linked items' curves, in probability, that is published; 0: any"`
	MaxDrift    float64 `param:"max-drift" default:"0.25" min:"0" max:"1" help:"greatest share of the linked items that may have drifted; 0: any"`
	UpdateMeta  bool    `param:"update-question-meta" env:"IRT_UPDATE_QUESTION_META" default:"false" help:"also write question.meta.irt of the items calibrated, anchors excepted"`
	Scorer      string  `param:"scorer" default:"engine" choices:"engine,plumber" along:"R_IRT_BASE_URL,R_IRT_TIMEOUT_SECS" help:"who estimates θ: Sextant's engine, or the R service at $R_IRT_BASE_URL"`
	Version     string  `param:"scale" default:"v1" check:"name" help:"the θ scale's name; a new name starts a new scale"`
}

const (
	calibrateStage = "mirt-calibrate"
	anchorsFixed   = "fixed"
)

// bank is the bank that the parameters ask for.
func (p *CalibrateParams) bank() db.BankFilter {
	return db.BankFilter{Topic: p.Topic, Subject: p.Subject}
}

// check refuses what makes no sense together.
func (p *CalibrateParams) check(q Request) error {
	switch {
	case len(q.Users) > 0:
		return usagef("%s takes no --user: a calibration is of all learners; see 'sextant theta recompute'", calibrateStage)
	case p.fixed() && p.model() == irt.OnePL:
		return usagef("--anchors fixed holds the slopes that 1pl estimates; use --model rasch or --anchors linked")
	}
	return nil
}

func (p *CalibrateParams) fixed() bool { return strings.EqualFold(p.Anchors, anchorsFixed) }

func (p *CalibrateParams) model() irt.Model { return irt.Model(strings.ToLower(p.Model)) }

// Info describes the stage.
func (Calibrate) Info() Info {
	return Info{Name: calibrateStage, Summary: "Item calibration, linked, and everyone's θ",
		Schedule: "0 3 * * *", Grace: 30 * time.Minute, Slice: "calibration"}
}

// Params gives its parameters.
func (Calibrate) Params() any { return &CalibrateParams{} }

// Plan is one calibration a day asked for.
func (Calibrate) Plan(ctx context.Context, j *Job) (Plan, error) {
	p := j.Params.(*CalibrateParams)
	if err := p.check(j.Request); err != nil {
		return Plan{}, err
	}
	states, err := j.DB.ScopedDayStates(ctx, calibrateStage, p.bank().Bank(), j.From, j.To, p.Lookback)
	if err != nil {
		return Plan{}, err
	}
	var plan Plan
	if plan.Notes, err = p.notes(ctx, j.DB); err != nil {
		return Plan{}, err
	}
	for _, st := range states {
		if st.Day.Before(j.From) {
			continue // an older calibration is history: newer ones stand on the changed answers
		}
		s := Slice{Day: st.Day}
		s.Skip, s.Reason = j.judge(st, false)
		if j.Run == nil {
			n, err := j.DB.WindowCount(ctx, p.bank(), st.Day.Add(1-p.Lookback), st.Day)
			if err != nil {
				return Plan{}, err
			}
			s.Learners, s.Answers = n.Learners, n.Answers
			if bank := p.bank().Bank(); n.Answers == 0 && bank != "" && !s.Skip {
				plan.Notes = append(plan.Notes, fmt.Sprintf("bank %q has no answers in the lookback of %s: the run would fail; is the name right?", bank, st.Day))
			}
		}
		plan.Slices = append(plan.Slices, s)
	}
	return plan, nil
}

// notes are what an operator should know of the parameters before agreeing.
func (p *CalibrateParams) notes(ctx context.Context, d *db.DB) ([]string, error) {
	var notes []string
	bank := p.bank().Bank()
	if bank != "" {
		notes = append(notes, fmt.Sprintf("bank %q: it goes to mirt_fit_meta and the histories; the published parameters and θs stay", bank))
	}
	if !p.UpdateMeta {
		return notes, nil
	}
	there, err := d.HasQuestions(ctx)
	switch {
	case err != nil:
		return nil, err
	case bank != "":
		notes = append(notes, "--update-question-meta has no effect on a bank of its own")
	case !there:
		notes = append(notes, "--update-question-meta has no effect: the database has no table question with a meta of JSON")
	default:
		notes = append(notes, "question.meta.irt of the items calibrated is written too, anchors excepted (--update-question-meta)")
	}
	return notes, nil
}

// Run fits, links, scores and publishes one calibration.
func (Calibrate) Run(ctx context.Context, j *Job, s Slice) error {
	p := j.Params.(*CalibrateParams)
	c := &calibration{job: j, params: p, day: s.Day, bank: p.bank().Bank(), model: p.model()}
	if err := j.DB.InSnapshot(ctx, func(tx *db.Tx) (err error) {
		if c.seen, err = tx.NewestRevision(ctx); err != nil {
			return err
		}
		c.revision, err = tx.Revision(ctx, s.Day.Add(1-p.Lookback), s.Day)
		return err
	}); err != nil {
		return err
	}
	if err := c.read(ctx); err != nil {
		return err
	}
	if c.history.read == 0 && c.bank == "" {
		return c.publishEmpty(ctx)
	}
	for _, step := range []func(context.Context) error{c.fit, c.score, c.publish} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return c.partly()
}

// calibration is one calibration under way.
type calibration struct {
	job      *Job
	params   *CalibrateParams
	day      db.Day
	bank     string
	history  *history
	revision int64 // of the lookback's answers
	seen     int64 // of all answers

	questions bool        // the platform has the table question
	previous  []knownItem // of the bank's previous calibration

	model  irt.Model
	result *irt.Result
	weak   bool // fitted with a prior on the slopes
	link   linkage
	prior  irt.Normal // of the population, on the linked scale
	thetas []db.Theta
	failed []db.RunFailure // learners without θ
}

// read streams the answers.
func (c *calibration) read(ctx context.Context) (err error) {
	p := c.params
	c.history, err = readHistory(ctx, c.job.DB, sampling{bank: p.bank(), asOf: c.day, lookback: p.Lookback, maxObs: p.MaxObs})
	if err != nil {
		return err
	}
	c.job.Count(c.history.read, 0)
	t := c.history.thinned
	if t.Items > 0 {
		c.job.Log.Info("answers capped", "max_obs", p.MaxObs, "quota", t.Quota, "items", t.Items, "left_out", t.LeftOut)
	}
	return t.enough(p.MaxObs, p.MinAnswers)
}
