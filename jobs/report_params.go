package jobs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sextant/db"
	"sextant/jobs/report"
	"sextant/jobs/report/store"
)

// ReportParams are the parameters of generate-weekly-report.
type ReportParams struct {
	Week     string `param:"week" env:"REPORT_WEEK_START" check:"monday" empty:"the last complete week" help:"the week's Monday, as YYYY-MM-DD (default the last complete week)"`
	Format   string `param:"format" env:"REPORT_FORMAT" default:"html" check:"formats" help:"html, pdf or both: html,pdf"`
	Lang     string `param:"lang" default:"ko" check:"languages" help:"ko, en or both: ko,en"`
	Edition  string `param:"edition" default:"learner,teacher" check:"editions" help:"learner, which leaves the risk of dropping out unsaid, teacher, or both"`
	Renderer string `param:"renderer" default:"builtin" choices:"builtin,quarto" help:"who lays the pages out: Sextant, or the quarto on PATH from a template"`
	Template string `param:"template" empty:"Sextant's own" help:"folder of the template that quarto renders (default the one that 'sextant report template' writes out)"`
	Out      string `param:"out" help:"folder to keep the reports in"`

	Bucket    string `param:"s3-bucket" env:"S3_BUCKET" check:"bucket" empty:"none: a folder" help:"keep them in this S3 bucket instead of a folder"`
	Region    string `param:"s3-region" env:"AWS_REGION" empty:"as AWS is set up here" help:"of the bucket"`
	Endpoint  string `param:"s3-endpoint" env:"AWS_ENDPOINT_URL_S3" check:"endpoint" empty:"AWS" help:"address of what speaks S3 and is not AWS"`
	PathStyle bool   `param:"s3-path-style" env:"S3_PATH_STYLE" default:"false" help:"name the bucket in the path, not in the host's name"`
	SSE       string `param:"s3-sse" env:"S3_SSE" choices:",AES256,aws:kms" empty:"as the bucket does" help:"have the objects encrypted so"`
	SSEKey    string `param:"s3-sse-key" env:"S3_SSE_KMS_KEY_ID" empty:"the account's own" help:"id of the KMS key, with aws:kms"`
	Timeout   string `param:"s3-timeout" default:"10s" check:"duration" help:"of one try to store an object; there are four (AWS_MAX_ATTEMPTS)"`
}

const checkName = "name"

// checks are what parameters of kind string are held to, by the name in their
// tag check. An empty value is none, but for a name.
var checks = map[string]func(string) error{
	"monday": func(s string) error {
		_, err := parseWeek(s)
		return err
	},
	"formats":   func(s string) error { return checkList(s, report.Formats) },
	"languages": func(s string) error { return checkList(s, report.Languages) },
	"editions":  func(s string) error { return checkList(s, report.Editions) },
	checkName: func(s string) error {
		if s == "" || strings.TrimSpace(s) != s {
			return fmt.Errorf("%q is no name: it cannot be empty, nor begin or end with a blank", s)
		}
		return nil
	},
	"bucket": func(s string) error {
		if strings.ContainsAny(s, "/: ") {
			return fmt.Errorf("%q is no bucket's name; give the name alone", s)
		}
		return nil
	},
	"endpoint": func(s string) error { return store.CheckEndpoint(s) },
	"duration": func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			return fmt.Errorf("%q is no length of time; write it as 10s or 1m", s)
		}
		return nil
	},
}

// parseWeek reads the Monday of a week.
func parseWeek(s string) (db.Day, error) {
	day, err := db.ParseDay(s)
	if err == nil && day != day.Monday() {
		err = fmt.Errorf("%s is no Monday; the week that holds it starts on %s", day, day.Monday())
	}
	return day, err
}

// splitList gives the words of a list, apart by commas.
func splitList[T ~string](s string) []T {
	var out []T
	for w := range strings.SplitSeq(s, ",") {
		if w := T(strings.ToLower(strings.TrimSpace(w))); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func checkList[T ~string](s string, all []T) error {
	words := splitList[T](s)
	if len(words) == 0 {
		words = []T{T(s)}
	}
	for _, w := range words {
		if !slices.Contains(all, w) {
			names := make([]string, len(all))
			for i, a := range all {
				names[i] = string(a)
			}
			return fmt.Errorf("%q is not one of %s, nor several of them apart by commas", w, strings.Join(names, ", "))
		}
	}
	return nil
}

func (p *ReportParams) formats() []report.Format { return splitList[report.Format](p.Format) }

// variants are the renderings asked for, format aside.
func (p *ReportParams) variants() (out []report.Variant) {
	for _, e := range splitList[report.Edition](p.Edition) {
		for _, l := range splitList[report.Language](p.Lang) {
			out = append(out, report.Variant{Edition: e, Language: l})
		}
	}
	return out
}

// store is where the parameters keep the reports.
func (p *ReportParams) store(getenv func(string) string) store.Settings {
	within, _ := time.ParseDuration(p.Timeout) // checked
	sse := p.SSE
	for _, name := range []string{"AES256", "aws:kms"} { // as S3 spells them
		if strings.EqualFold(sse, name) {
			sse = name
		}
	}
	return store.Settings{Dir: p.Out, S3: store.S3Settings{Bucket: p.Bucket, Region: p.Region, Endpoint: p.Endpoint, PathStyle: p.PathStyle,
		SSE: sse, SSEKey: p.SSEKey, Timeout: within, Getenv: getenv}}
}

// settle decides the weeks of a run and where its reports go, from what was
// asked for in several ways; what loses is emptied, so that the ledger tells
// what was done.
func (p *ReportParams) settle(q Request, from, to db.Day) (db.Day, db.Day, error) {
	if err := p.settleStore(q); err != nil {
		return from, to, err
	}
	if !strings.EqualFold(p.Renderer, quartoRenderer) && p.Template != "" {
		return from, to, usagef("template: it is for --renderer quarto")
	}
	return p.settleWeek(q, from, to)
}

func (p *ReportParams) settleStore(q Request) error {
	switch given := q.Options["out"] != ""; {
	case given && q.Options["s3-bucket"] != "":
		return usagef("--out and --s3-bucket both say where the reports go; give one")
	case given:
		p.Bucket = ""
	case p.Bucket != "":
		p.Out = ""
	}
	if err := p.store(nil).S3.Check(); err != nil {
		return usagef("%s", err)
	}
	return nil
}

// settleWeek gives the Sundays of the first and the last week.
func (p *ReportParams) settleWeek(q Request, from, to db.Day) (db.Day, db.Day, error) {
	dated := q.Date != nil || q.From != nil
	if p.Week == "" || dated && q.Options["week"] == "" { // a day that was given goes before the variable
		p.Week = ""
		first, last := sundayUpTo(from.Add(6)), sundayUpTo(to)
		if q.From == nil {
			first = last
		}
		if last.Before(first) {
			return from, to, usagef("no week ends between %s and %s; weeks end on Sundays", from, to)
		}
		return first, last, nil
	}
	monday, err := parseWeek(p.Week)
	if err != nil {
		return from, to, usagef("week: %s", err)
	}
	sunday := monday.Add(6)
	switch {
	case q.From != nil, q.Date != nil && sundayUpTo(to) != sunday:
		return from, to, usagef("--week excludes --date, --from and --to")
	case q.Date == nil && to.Before(sunday):
		return from, to, usagef("the week of %s is not complete yet; the last complete one began on %s", monday, sundayUpTo(to).Add(-6))
	}
	return sunday, sunday, nil
}

// sundayUpTo is the last Sunday up to a day.
func sundayUpTo(d db.Day) db.Day { return d.Add(1).Monday().Add(-1) }
