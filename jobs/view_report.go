package jobs

import (
	"context"
	"time"

	"sextant/db"
)

// ReportConsole is what a screen of the weekly reports, or its CLI twin, shows
// and does. Making a report again is a run: Launch with ReportRequest.
type ReportConsole interface {
	// ReportWeeks lists the weeks that have reports, the newest first.
	ReportWeeks(ctx context.Context) ([]db.ReportWeek, error)
	// Reports lists stored reports, the newest week first, then by learner.
	Reports(ctx context.Context, f db.ReportFilter) ([]db.ReportObject, error)
	// ReportLink says where a stored report can be opened, for some time where it
	// is a signed URL (0: the usual hour).
	ReportLink(ctx context.Context, o db.ReportObject, within time.Duration) (ReportLink, error)
	// OpenReport opens a stored report in the browser of this machine's display;
	// without one, the link says what to open by hand.
	OpenReport(ctx context.Context, o db.ReportObject) (ReportLink, error)
}

// ReportLink is where a stored report can be opened.
type ReportLink struct {
	Report  db.ReportObject `json:"report"`
	Open    string          `json:"open"`       // a file's path, or a URL that carries the right to read it
	Expires *time.Time      `json:"expires_at"` // of such a URL; null: never
	Shown   bool            `json:"shown"`      // a browser was asked to show it
}

// ReportRequest asks for a learner's reports of a week (its Monday) to be made
// again.
func ReportRequest(user string, week db.Day) Request {
	return Request{Stage: reportStage, Users: []string{user}, Force: true, Options: map[string]string{"week": week.String()}}
}
