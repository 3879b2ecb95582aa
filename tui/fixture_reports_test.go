package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"sextant/db"
	"sextant/jobs"
)

// reports are two weeks of reports of three learners, or of many.
func (f *fixture) reports() []db.ReportObject {
	var out []db.ReportObject
	for w, week := range []string{"2025-11-10", "2025-11-03"} {
		users := []string{"100482", "kim.minjun@example.com", "김서연"}
		for i := 3; i < f.many/8; i++ {
			users = append(users, fmt.Sprintf("김학생-%06d", i))
		}
		for n, user := range users {
			for _, edition := range []string{"learner", "teacher"} {
				for i, format := range []string{"html", "pdf"} {
					key := fmt.Sprintf("weekly/%s/%064x/%s.ko.%s", week, n+1, edition, format)
					out = append(out, db.ReportObject{UserID: user, Week: *day(week), Edition: edition, Lang: "ko", Format: format, Key: key,
						URL: "s3://reports/" + key, Size: int64(48213 + n*1711 + i*91007), RunID: uuid.UUID{byte(w + 1)},
						GeneratedAt: day(week).Add(7).Start().Add(4*time.Hour + 2*time.Minute)})
				}
			}
		}
	}
	return out
}

func (f *fixture) ReportWeeks(ctx context.Context) ([]db.ReportWeek, error) {
	var out []db.ReportWeek
	for _, o := range f.reports() {
		if len(out) == 0 || out[len(out)-1].Week != o.Week {
			out = append(out, db.ReportWeek{Week: o.Week, Learners: 3, Generated: o.GeneratedAt})
		}
		last := &out[len(out)-1]
		last.Reports++
		last.Bytes += o.Size
	}
	return out, f.read(ctx)
}

func (f *fixture) Reports(ctx context.Context, q db.ReportFilter) ([]db.ReportObject, error) {
	out := []db.ReportObject{}
	is := func(want, have string) bool { return want == "" || want == have }
	for _, o := range f.reports() {
		if is(q.User, o.UserID) && strings.Contains(o.UserID, q.Contains) && is(q.Edition, o.Edition) && is(q.Lang, o.Lang) &&
			is(q.Format, o.Format) && (q.Week == nil || *q.Week == o.Week) && (q.Limit == 0 || len(out) < q.Limit) {
			out = append(out, o)
		}
	}
	return out, f.read(ctx)
}

func (f *fixture) ReportLink(ctx context.Context, o db.ReportObject, _ time.Duration) (jobs.ReportLink, error) {
	expires := fixedNow.Add(time.Hour)
	return jobs.ReportLink{Report: o, Open: "https://reports.s3.example.com/" + o.Key + "?X-Amz-Signature=5e87a9", Expires: &expires}, f.read(ctx)
}

func (f *fixture) OpenReport(ctx context.Context, o db.ReportObject) (jobs.ReportLink, error) {
	return f.ReportLink(ctx, o, 0)
}
