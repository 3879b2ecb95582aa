package main

import (
	"context"
	"fmt"

	"sextant/db"
	"sextant/jobs"
)

func openReport(ctx context.Context, o reportOpenOptions) error {
	a := o.app
	link, err := a.linkReport(ctx, o.filter, func(s *jobs.Service, r db.ReportObject) (jobs.ReportLink, error) { return s.OpenReport(ctx, r) })
	switch {
	case err != nil:
		return err
	case a.global.json:
		return a.writeJSON(link)
	case !link.Shown:
		fmt.Fprintln(a.out, link.Open)
	case !a.global.quiet:
		fmt.Fprintf(a.out, "opened the %s edition of the week of %s\n", link.Report.Edition, link.Report.Week)
	}
	return nil
}

func printReportURL(ctx context.Context, o reportOpenOptions) error {
	a := o.app
	link, err := a.linkReport(ctx, o.filter, func(s *jobs.Service, r db.ReportObject) (jobs.ReportLink, error) {
		return s.ReportLink(ctx, r, o.within)
	})
	switch {
	case err != nil:
		return err
	case a.global.json:
		return a.writeJSON(link)
	}
	fmt.Fprintln(a.out, link.Open)
	return nil
}

// linkReport finds a report and where it can be read.
func (a *app) linkReport(ctx context.Context, f db.ReportFilter, link func(*jobs.Service, db.ReportObject) (jobs.ReportLink, error)) (jobs.ReportLink, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return jobs.ReportLink{}, err
	}
	defer s.Close()
	service := a.service(s)
	found, err := service.FindReport(ctx, f)
	if err != nil {
		return jobs.ReportLink{}, err
	}
	return link(service, found)
}
