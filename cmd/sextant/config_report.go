package main

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sextant/db/embedded"
	"sextant/jobs"
)

// reportSettings are what the config file says of the weekly report; absent keys
// change nothing.
type reportSettings struct {
	Format   string     `yaml:"format"`
	Lang     string     `yaml:"lang"`
	Edition  string     `yaml:"edition"`
	Renderer string     `yaml:"renderer"`
	Template string     `yaml:"template"`
	Out      string     `yaml:"out"`
	S3       s3Settings `yaml:"s3"`
}

// s3Settings are the bucket that the reports are kept in.
type s3Settings struct {
	Bucket    string `yaml:"bucket"`
	Region    string `yaml:"region"`
	Endpoint  string `yaml:"endpoint"`
	PathStyle *bool  `yaml:"path_style"`
	SSE       string `yaml:"sse"`
	SSEKey    string `yaml:"sse_key"`
	Timeout   string `yaml:"timeout"`
}

// params are the settings by the stage's parameter, each with its keys.
func (s reportSettings) params() map[string]struct{ value, key string } {
	all := map[string]struct{ value, key string }{
		"format": {s.Format, "format"}, "lang": {s.Lang, "lang"}, "edition": {s.Edition, "edition"}, "renderer": {s.Renderer, "renderer"},
		"template": {s.Template, "template"}, "out": {s.Out, "out"},
		"s3-bucket": {s.S3.Bucket, "s3.bucket"}, "s3-region": {s.S3.Region, "s3.region"}, "s3-endpoint": {s.S3.Endpoint, "s3.endpoint"},
		"s3-sse": {s.S3.SSE, "s3.sse"}, "s3-sse-key": {s.S3.SSEKey, "s3.sse_key"}, "s3-timeout": {s.S3.Timeout, "s3.timeout"},
	}
	if s.S3.PathStyle != nil {
		all["s3-path-style"] = struct{ value, key string }{strconv.FormatBool(*s.S3.PathStyle), "s3.path_style"}
	}
	maps.DeleteFunc(all, func(_ string, p struct{ value, key string }) bool { return p.value == "" })
	return all
}

// checkReport says what is wrong with the settings at a path of keys, and where.
func (c *config) checkReport(at []string, s reportSettings) error {
	if s.Out != "" && s.S3.Bucket != "" {
		return c.errorAt(append(slices.Clone(at), "report", "out"), "out and s3.bucket both say where the reports go; give one")
	}
	params := s.params()
	for _, spec := range jobs.Specs(jobs.WeeklyReport{}.Params()) {
		p, ok := params[spec.Name]
		if !ok {
			continue
		}
		if err := spec.CheckValue(p.value); err != nil {
			return c.errorAt(slices.Concat(at, []string{"report"}, keysOf(p.key)), "%s", err)
		}
	}
	return nil
}

func keysOf(dotted string) []string {
	if rest, ok := strings.CutPrefix(dotted, "s3."); ok {
		return []string{"s3", rest}
	}
	return []string{dotted}
}

// over is s with the settings of a profile before its own, key by key; where a
// profile says where the reports go, the file does not.
func (s reportSettings) over(profile reportSettings) reportSettings {
	out := reportSettings{
		Format: cmp.Or(profile.Format, s.Format), Lang: cmp.Or(profile.Lang, s.Lang), Edition: cmp.Or(profile.Edition, s.Edition),
		Renderer: cmp.Or(profile.Renderer, s.Renderer), Template: cmp.Or(profile.Template, s.Template), Out: cmp.Or(profile.Out, s.Out),
		S3: s3Settings{
			Bucket: cmp.Or(profile.S3.Bucket, s.S3.Bucket), Region: cmp.Or(profile.S3.Region, s.S3.Region),
			Endpoint: cmp.Or(profile.S3.Endpoint, s.S3.Endpoint), PathStyle: cmp.Or(profile.S3.PathStyle, s.S3.PathStyle),
			SSE: cmp.Or(profile.S3.SSE, s.S3.SSE), SSEKey: cmp.Or(profile.S3.SSEKey, s.S3.SSEKey), Timeout: cmp.Or(profile.S3.Timeout, s.S3.Timeout),
		},
	}
	if profile.Out != "" {
		out.S3.Bucket = ""
	}
	if profile.S3.Bucket != "" {
		out.Out = ""
	}
	return out
}

// defaults are the stages' parameters that the settings change. Reports go to a
// folder beside the private server's unless something else is said.
func (s reportSettings) defaults(a *app) map[string]string {
	out := map[string]string{"out": a.reportsFolder()}
	for name, p := range s.params() {
		out[name] = p.value
	}
	return out
}

// reportsFolder is reports in the data folder; empty without a home.
func (a *app) reportsFolder() string {
	dir := a.global.dataDir
	if dir == "" {
		if xdg := a.getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
			dir = filepath.Join(xdg, "sextant")
		} else if there, err := embedded.DefaultDataDir(); err == nil {
			dir = there
		} else {
			return ""
		}
	}
	return filepath.Join(dir, "reports")
}
