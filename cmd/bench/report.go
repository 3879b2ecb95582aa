package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sextant/db"
	"sextant/db/dbbench"
	"sextant/jobs/demo"
)

// reportOptions are the sizes of the benchmark of the weekly report.
type reportOptions struct {
	learners int
	bed
}

// reportBench is one run of it.
type reportBench struct {
	options reportOptions
	server  *dbbench.Server
	url     string
	log     *slog.Logger
	errOut  io.Writer
	figures
}

var reportCases = []suiteCase[*reportBench]{{"one", benchOneReport}, {"all", benchAllReports}, {"again", benchUnchangedReports}}

func parseReport(args []string, out io.Writer) (reportOptions, error) {
	o := reportOptions{learners: 1000}
	if slices.Contains(args, "--large") {
		o.learners = 10_000
	}
	f := flag.NewFlagSet("bench report", flag.ContinueOnError)
	f.SetOutput(out)
	f.Bool("large", false, "the sizes that the targets are about: some 5 minutes, 3 GB")
	f.IntVar(&o.learners, "learners", o.learners, "to make reports of")
	o.bind(f, namesOf(reportCases))
	return o, o.parse(f, args, namesOf(reportCases))
}

// weeklyReports measures the weekly report with the real program and prints the
// table.
func weeklyReports(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parseReport(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.serve(ctx, dbbench.Statements, func(server *dbbench.Server) error {
		b := &reportBench{options: o, server: server, log: slog.New(slog.NewTextHandler(errOut, nil)), errOut: errOut}
		if err := b.prepare(ctx); err != nil {
			return err
		}
		if err := runCases(ctx, &o.bed, reportCases, b); err != nil {
			return err
		}
		b.print(out)
		return nil
	})
}

// prepare makes a platform with abilities and KPIs up to the last Sunday.
func (b *reportBench) prepare(ctx context.Context) (err error) {
	sunday := db.DayOf(time.Now()).Monday().Add(-1)
	key := fmt.Sprintf("%d learners until %s", b.options.learners, sunday)
	b.url, err = b.server.Database(ctx, "report", key, func(url string) error {
		d, err := db.Open(ctx, db.Config{URL: url})
		if err != nil {
			return err
		}
		defer d.Close()
		if _, err := d.Migrate(ctx); err != nil {
			return err
		}
		b.log.Info("simulating a platform", "learners", b.options.learners)
		if _, err := demo.Load(ctx, d, demo.Options{Learners: b.options.learners, Items: max(60, min(1000, b.options.learners/2)), Days: 40, Seed: 1, Until: sunday.Start()}, nil); err != nil {
			return err
		}
		for _, args := range [][]string{{"sync-answers"},
			{"mirt-calibrate", "--date", sunday.Add(-14).String()}, {"mirt-calibrate", "--date", sunday.Add(-7).String()}, {"mirt-calibrate", "--date", sunday.String()},
			{"compute-daily-kpis", "--date", sunday.Add(-7).String()}, {"compute-daily-kpis", "--date", sunday.String()}} {
			if _, _, _, err := b.sextant(ctx, append([]string{"run"}, args...)...); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
		}
		return nil
	})
	return err
}

// sextant runs the program on the benchmark's database; a url of its own comes
// with prepare.
func (b *reportBench) sextant(ctx context.Context, args ...string) (wall, cpu time.Duration, rss int64, err error) {
	at, err := b.server.URLOf("report")
	if err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	p, err := b.options.start(ctx, b.errOut, append(args, "--quiet", "--database", at)...)
	if err != nil {
		return 0, 0, 0, err
	}
	cpu, rss, err = p.wait()
	return time.Since(began), cpu, rss, err
}

// generate makes reports anew, in an empty folder, and tells what that took.
func (b *reportBench) generate(ctx context.Context, args ...string) (r dbbench.Reports, wall, cpu time.Duration, rss int64, err error) {
	folder := filepath.Join(b.options.data, "reports")
	if err = os.RemoveAll(folder); err != nil {
		return r, wall, cpu, rss, err
	}
	if wall, cpu, rss, err = b.sextant(ctx, append([]string{"report", "generate", "--out", folder}, args...)...); err != nil {
		return r, wall, cpu, rss, err
	}
	r, err = b.server.Reports(ctx, b.url)
	return r, wall, cpu, rss, err
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// benchOneReport is a learner's HTML and PDF, the best of five runs.
func benchOneReport(ctx context.Context, b *reportBench) error {
	user, err := b.server.ActiveLearner(ctx, b.url)
	if err != nil {
		return err
	}
	var run, process time.Duration
	var last dbbench.Reports
	for range 5 {
		r, wall, _, _, err := b.generate(ctx, "--user", user, "--format", "html,pdf", "--edition", "learner", "--force")
		if err != nil {
			return err
		}
		if process == 0 || wall < process {
			run, process = r.Took, wall
		}
		last = r
	}
	if last.Objects != 2 {
		return fmt.Errorf("%d reports of one learner, want 2", last.Objects)
	}
	b.add("one learner, HTML and PDF, database included", "≤ 150 ms", "%s; %s as a process of its own", ms(run), ms(process))
	return nil
}

// benchAllReports is everybody's PDF, and both editions as a page.
func benchAllReports(ctx context.Context, b *reportBench) error {
	count, err := b.server.CountStatements(ctx, b.url)
	if err != nil {
		return err
	}
	pdf, wall, cpu, rss, err := b.generate(ctx, "--format", "pdf", "--edition", "learner", "--force")
	if err != nil {
		return err
	}
	n, err := count()
	if err != nil {
		return err
	}
	learners := thousands(pdf.Objects)
	target := 5 * time.Minute * time.Duration(pdf.Objects) / 10_000
	b.add(learners+" learners, PDF, to a folder", "≤ "+target.Round(time.Second).String(), "%s, %s CPU", wall.Round(100*time.Millisecond), cpu.Round(100*time.Millisecond))
	b.add("their data from the database", "no query per learner", "%s statements, %.2f a learner, recording and heartbeats included", thousands(n), float64(n)/float64(pdf.Objects))
	b.add("the largest PDF", "≤ 250 KB", "%d KB", pdf.Largest["pdf"]>>10)
	b.add("peak memory", "≤ 500 MB", "%d MB", rss>>20)
	html, wall, cpu, rss, err := b.generate(ctx, "--format", "html", "--force")
	if err != nil {
		return err
	}
	b.add(learners+" learners, HTML, both editions", "", "%s, %s CPU, %d MB", wall.Round(100*time.Millisecond), cpu.Round(100*time.Millisecond), rss>>20)
	b.add("the largest HTML", "≤ 200 KB", "%d KB", html.Largest["html"]>>10)
	return nil
}

// benchUnchangedReports is the same again, when nothing has changed.
func benchUnchangedReports(ctx context.Context, b *reportBench) error {
	folder := filepath.Join(b.options.data, "reports")
	if _, _, _, err := b.sextant(ctx, "report", "generate", "--out", folder); err != nil {
		return err
	}
	wall, cpu, _, err := b.sextant(ctx, "report", "generate", "--out", folder)
	if err != nil {
		return err
	}
	b.add("the same again, nothing changed", "", "%s, %s CPU", wall.Round(100*time.Millisecond), cpu.Round(100*time.Millisecond))
	return nil
}
