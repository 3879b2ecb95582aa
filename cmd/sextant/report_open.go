package main

import (
	"context"
	"fmt"
)

func openReport(ctx context.Context, o reportOpenOptions) error {
	a := o.app
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	service := a.service(s)
	found, err := service.FindReport(ctx, o.filter)
	if err != nil {
		return err
	}
	link, err := service.OpenReport(ctx, found)
	switch {
	case err != nil:
		return err
	case a.global.json:
		return a.writeJSON(link)
	case !link.Shown:
		fmt.Fprintln(a.out, link.Open)
	case !a.global.quiet:
		fmt.Fprintf(a.out, "opened the %s edition of the week of %s\n", found.Edition, found.Week)
	}
	return nil
}

func printReportURL(ctx context.Context, o reportOpenOptions) error {
	a := o.app
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	service := a.service(s)
	found, err := service.FindReport(ctx, o.filter)
	if err != nil {
		return err
	}
	link, err := service.ReportLink(ctx, found, o.within)
	switch {
	case err != nil:
		return err
	case a.global.json:
		return a.writeJSON(link)
	}
	fmt.Fprintln(a.out, link.Open)
	return nil
}
