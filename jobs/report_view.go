package jobs

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"sextant/db"
	"sextant/jobs/report/store"
)

const reportLinkGood = time.Hour // a signed URL, unless told otherwise

// ReportWeeks lists the weeks that have reports.
func (s *Service) ReportWeeks(ctx context.Context) ([]db.ReportWeek, error) {
	weeks, err := s.db.ReportWeeks(ctx)
	if weeks == nil {
		weeks = []db.ReportWeek{}
	}
	return weeks, err
}

// Reports lists stored reports.
func (s *Service) Reports(ctx context.Context, f db.ReportFilter) ([]db.ReportObject, error) {
	if f.Week != nil {
		if _, err := parseWeek(f.Week.String()); err != nil {
			return nil, usagef("week: %s", err)
		}
	}
	reports, err := s.db.Reports(ctx, f)
	if reports == nil {
		reports = []db.ReportObject{}
	}
	return reports, err
}

// FindReport gives the newest report that a filter lets through; of several of a
// week, the learner's edition, in the language of the configuration, as a page.
func (s *Service) FindReport(ctx context.Context, f db.ReportFilter) (db.ReportObject, error) {
	f.Limit = 1
	if f.User != "" {
		f.Limit = 0
	}
	found, err := s.Reports(ctx, f)
	if err != nil {
		return db.ReportObject{}, err
	}
	if len(found) == 0 {
		whose, do := "", ""
		if f.User != "" {
			whose, do = fmt.Sprintf(" of %q", f.User), " --user "+shellJoin([]string{f.User})
		}
		if f.Week != nil {
			whose, do = whose+" and of the week of "+f.Week.String(), do+" --week "+f.Week.String()
		}
		return db.ReportObject{}, fmt.Errorf("no report%s like that is stored; see 'sextant report list', or make it with 'sextant report generate%s'", whose, do)
	}
	lang := cmp.Or(s.runner.Defaults["lang"], "ko")
	return slices.MinFunc(found, func(a, b db.ReportObject) int {
		return cmp.Or(b.Week.Sub(a.Week), cmp.Compare(a.UserID, b.UserID), cmp.Compare(a.Edition, b.Edition),
			preferred(b.Lang == lang, a.Lang == lang), cmp.Compare(a.Format, b.Format))
	}), nil
}

func preferred(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// ReportLink says where a stored report can be opened.
func (s *Service) ReportLink(ctx context.Context, o db.ReportObject, within time.Duration) (ReportLink, error) {
	link := ReportLink{Report: o}
	if within == 0 {
		within = reportLinkGood
	}
	if within < time.Second || within > store.MostLink {
		return link, usagef("a link is good for a second at least and for %d days at most, not for %s", int(store.MostLink.Hours()/24), within)
	}
	settings, err := s.runner.reportStore()
	if err != nil {
		return link, err
	}
	st, key, err := store.Of(ctx, o.URL, settings)
	if err != nil {
		return link, err
	}
	if link.Open, err = st.Link(ctx, key, within); err != nil {
		return link, err
	}
	if st.Signs() {
		at := s.runner.Clock().Add(within).UTC().Truncate(time.Second)
		link.Expires = &at
	}
	return link, nil
}

// reportStore is the store as the environment and the config file have it.
func (r *Runner) reportStore() (store.Settings, error) {
	var p ReportParams
	if err := fill(&p, r.Defaults, r.Getenv, nil); err != nil {
		return store.Settings{}, err
	}
	if err := p.settleStore(Request{}); err != nil {
		return store.Settings{}, err
	}
	return p.store(r.Getenv), nil
}

// OpenReport opens a stored report in a browser.
func (s *Service) OpenReport(ctx context.Context, o db.ReportObject) (ReportLink, error) {
	link, err := s.ReportLink(ctx, o, 0)
	if err == nil {
		link.Shown = s.runner.browse(ctx, link.Open)
	}
	return link, err
}

const browseWithin = 5 * time.Second // to hand a place over to the browser

// browse asks the browser of this machine's display to show a place, and
// reports whether it took it.
func (r *Runner) browse(ctx context.Context, place string) bool {
	program := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		program = "open"
	case r.Getenv("DISPLAY") == "" && r.Getenv("WAYLAND_DISPLAY") == "":
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, browseWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, place) // a path or URL of our own making
	cmd.SysProcAttr = detached()
	return cmd.Run() == nil
}
