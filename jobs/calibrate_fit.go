package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"sextant/irt"
)

// fit estimates the item parameters, puts them on the scale in force, and
// refuses a fit that should not be published.
func (c *calibration) fit(ctx context.Context) error {
	sample, err := c.history.first.Build()
	c.history.first = nil // a large thing that nobody needs any more
	if err != nil {
		return c.fail("%w", err)
	}
	if err := c.estimate(ctx, sample, nil); err != nil {
		return err
	}
	method := irt.StockingLord
	if strings.EqualFold(c.params.Link, "mean-sigma") {
		method = irt.MeanSigma
	}
	b, err := c.job.bearings(ctx, c.bank, c.params.Version, c.day)
	if err != nil {
		return err
	}
	if b.previous != nil {
		c.previous = b.previous.items
	}
	if c.link, err = b.link(c.fitted, method); err != nil {
		return c.fail("%w", err)
	}
	c.link.tell(c.job.Log, c.params.Version)
	if err := c.gate(); err != nil {
		return err
	}
	if c.params.fixed() {
		if err := c.hold(ctx, sample, b.anchors); err != nil {
			return err
		}
	}
	c.prior = c.link.Normal(c.result.Latent)
	return nil
}

// freeCycles bounds a 2PL fit without a prior: a usual one takes about ten, and
// one that takes so many follows the slope of a rare item to infinity.
const freeCycles = 100

// weakPrior is BILOG-MG's default prior on the slopes.
var weakPrior = irt.LogNormal{Mean: 0, SD: 0.5}

// estimate fits the sample, with items held at known parameters if there are any.
func (c *calibration) estimate(ctx context.Context, sample *irt.Responses, held map[int]irt.ItemParams) (err error) {
	c.result, c.weak, err = fitBank(ctx, sample, bankOptions(c.model, c.params.MinAnswers, held), c.job.Log)
	switch {
	case errors.Is(err, irt.ErrNoAnswers) || errors.Is(err, irt.ErrNoItems):
		return c.fail("%w; is the lookback of %d days long enough?", err, c.params.Lookback)
	case err != nil:
		return c.fail("%w", err)
	}
	r := c.result
	c.job.Log.Info("fitted", "model", string(c.model), "learners", r.Persons, "answers", r.Answers, "cycles", r.Iterations,
		"log_likelihood", r.LogLikelihood, "reliability", r.Reliability, "anchors_held", len(held))
	if r.Converged {
		return nil
	}
	return c.refuse([]string{fmt.Sprintf("the fit did not converge in %d cycles", r.Iterations)})
}

// bankOptions are how the stage fits.
func bankOptions(model irt.Model, minAnswers int, held map[int]irt.ItemParams) irt.Options {
	o := irt.Options{Model: model, Workers: runtime.GOMAXPROCS(0), SE: true, ItemFit: true, MinAnswers: minAnswers, Anchors: held}
	switch model {
	case irt.ThreePL: // without it c is hardly identified: Mislevy 1986
		o.PriorC, o.PriorA = &irt.LogitNormal{Mean: -1.1, SD: 0.5}, &weakPrior
	case irt.TwoPL:
		o.MaxCycles = freeCycles
	}
	return o
}

// fitBank fits, and where a 2PL runs away, once more with a weak prior on the
// slopes. It reports whether the slopes had one.
func fitBank(ctx context.Context, sample *irt.Responses, o irt.Options, log *slog.Logger) (r *irt.Result, weak bool, err error) {
	r, err = irt.Fit(ctx, sample, o)
	if err != nil || r.Converged || o.Model != irt.TwoPL {
		return r, o.PriorA != nil, err
	}
	log.Warn("the fit does not converge: some slopes are hardly determined; once more with a weak prior on them",
		"cycles", r.Iterations, "prior_mean", weakPrior.Mean, "prior_sd", weakPrior.SD)
	o.MaxCycles, o.PriorA = 0, &weakPrior
	r, err = irt.Fit(ctx, sample, o)
	return r, true, err
}

// fail is an error of the calibration, with its bank where it has one of its own.
func (c *calibration) fail(format string, args ...any) error {
	if c.bank != "" {
		format = "bank " + strings.ReplaceAll(strconv.Quote(c.bank), "%", "%%") + ": " + format
	}
	return fmt.Errorf(format, args...)
}

// fitted is an item of the fit by its id, nil where it has no parameters.
func (c *calibration) fitted(id string) *irt.ItemFit {
	n, ok := c.history.items.of[id]
	if !ok || c.result.Items[n].Dropped != "" {
		return nil
	}
	return &c.result.Items[n]
}

// hold fits once more with the anchors that the link was made from held at
// their parameters: they carry the scale, so that the link is the identity. Its
// error and residual are those of the free fit, which the anchors had no part in.
func (c *calibration) hold(ctx context.Context, sample *irt.Responses, anchors []knownItem) error {
	if c.link.To != toAnchors || c.link.Method == irt.Shift {
		c.job.Log.Warn("too few anchors to hold the scale by: the fit is linked instead", "anchors", len(anchors))
		return nil
	}
	held := map[int]irt.ItemParams{}
	for _, a := range anchors {
		if c.fitted(a.id) != nil && !slices.Contains(c.link.Drifted, a.id) {
			held[int(c.history.items.of[a.id])] = a.params
		}
	}
	if err := c.estimate(ctx, sample, held); err != nil {
		return err
	}
	c.link.A, c.link.B, c.link.Method = irt.Identity.A, irt.Identity.B, methodFixed
	return nil
}

// gate refuses a calibration whose link cannot be trusted.
func (c *calibration) gate() error {
	var why []string
	p, l := c.params, c.link
	if p.MaxResidual > 0 && l.Residual > p.MaxResidual {
		c.job.Log.Warn(gateLine, "gate", GateResidual, "value", l.Residual, "limit", p.MaxResidual, "items", len(l.use))
		for _, off := range l.use.farthest(l.Linkage, residualLines) {
			c.job.Log.Info(offLine, off.logAttrs(l.Linkage)...)
		}
		why = append(why, fmt.Sprintf("the linking residual, %.3f in probability over %d items, is past %g", l.Residual, l.Common, p.MaxResidual))
	}
	if share := l.driftShare(); p.MaxDrift > 0 && share > p.MaxDrift {
		c.job.Log.Warn(gateLine, "gate", GateDrift, "value", share, "limit", p.MaxDrift, "items", l.Common)
		why = append(why, fmt.Sprintf("%d of %d linked items have drifted (%.0f %%), past %.0f %%; the farthest: %s",
			len(l.Drifted), l.Common, 100*share, 100*p.MaxDrift, firstFew(l.Drifted)))
	}
	return c.refuse(why)
}

// refuse is the error that keeps the parameters in force, unless there is no
// reason to or the operator insists.
func (c *calibration) refuse(why []string) error {
	if len(why) == 0 {
		return nil
	}
	reasons := strings.Join(why, "; ")
	if c.job.Request.Force {
		c.job.Log.Warn("published all the same, because of --force", "why", reasons)
		return nil
	}
	return c.fail("%s; nothing is published and the parameters in force stay (override with --force)", reasons)
}

// firstFew names some of many items.
func firstFew(items []string) string {
	const few = 5
	if len(items) <= few {
		return strings.Join(items, ", ")
	}
	return strings.Join(items[:few], ", ") + ", …"
}
