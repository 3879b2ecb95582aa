package jobs

import (
	"context"
	"fmt"
	"time"

	"sextant/db"
)

// UpstreamNewer says that what a stage's published days stand on has changed
// since they were published.
type UpstreamNewer struct {
	Stage string     `json:"stage"` // the upstream; sync-answers for answers
	Day   db.Day     `json:"day"`   // published again there; of answers, the first published day they changed
	At    *time.Time `json:"at"`    // when; null for answers
	Why   string     `json:"why"`
}

// consumer is a stage that says what its published days stand on. One that does
// not is never behind its upstreams.
type consumer interface {
	consumes(params any) db.Consumer
}

func (Features) consumes(any) db.Consumer {
	return db.Consumer{Depth: featuresDepth, Standing: db.EveryDay}
}

func (KPIs) consumes(p any) db.Consumer {
	return db.Consumer{Depth: p.(*KPIParams).depth(), Standing: db.LastOfWeek, Theta: true} // P is of θ in either form
}

func (Inactivity) consumes(any) db.Consumer {
	return db.Consumer{Depth: inactivityDepth, Standing: db.LastOfWeek, Theta: true}
}

func (WeeklyReport) consumes(any) db.Consumer {
	return db.Consumer{Depth: reportDepth, Standing: db.NewestDay, Theta: true}
}

func (Calibrate) consumes(p any) db.Consumer {
	return db.Consumer{Depth: p.(*CalibrateParams).Lookback, Standing: db.NewestDay}
}

// upstreamNewer finds what has changed under a stage; nil when nothing has.
func (r *Runner) upstreamNewer(ctx context.Context, st Stage) (*UpstreamNewer, error) {
	if st.Info().Name == updateTheta {
		return r.thetaOutrun(ctx)
	}
	reads, ok := plain(st).(consumer)
	if !ok {
		return nil, nil
	}
	params := st.Params()
	if fill(params, r.Defaults, r.Getenv, nil) != nil { // a run will say so; the state is still to be had
		params = st.Params()
		_ = fill(params, nil, func(string) string { return "" }, nil) // defaults are valid
	}
	c := reads.consumes(params)
	c.Stage = st.Info().Name
	for _, u := range st.Info().Upstream {
		if u != calibrateStage { // its nights follow one another: see db.UpstreamNewer
			c.Upstream = append(c.Upstream, u)
		}
	}
	if f, ok := params.(*FeaturesParams); ok {
		c.Theta = f.IncludeTheta || f.UseTheta
	}
	n, err := r.DB.UpstreamNewer(ctx, c)
	if err != nil || n == nil {
		return nil, err
	}
	out := &UpstreamNewer{Stage: n.From, Day: n.Day, At: n.At}
	switch n.Kind {
	case "stage":
		out.Why = fmt.Sprintf("%s published %s again at %s", n.From, n.Day, moment(*n.At))
	case "calibration":
		out.Stage = calibrateStage
		out.Why = fmt.Sprintf("the calibration of %s came into force at %s", n.Day, moment(*n.At))
	default:
		out.Stage = syncStage
		out.Why = fmt.Sprintf("answers behind %s changed since it was published", n.Day)
	}
	return out, nil
}

// thetaOutrun is upstreamNewer of the stage on events.
func (r *Runner) thetaOutrun(ctx context.Context) (*UpstreamNewer, error) {
	o, err := r.DB.ThetaOutrun(ctx)
	if err != nil || o == nil {
		return nil, err
	}
	who := fmt.Sprintf("%d learners were", o.Learners)
	if o.Learners == 1 {
		who = "1 learner was"
	}
	return &UpstreamNewer{Stage: calibrateStage, Day: o.Day, At: &o.At,
		Why: fmt.Sprintf("%s scored before the calibration of %s came into force at %s", who, o.Day, moment(o.At))}, nil
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
