package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sextant/jobs"
)

// scoringSettings are what the config file says of who estimates θ.
type scoringSettings struct {
	Scorer  string          `yaml:"scorer"` // engine (the default) or plumber
	Plumber plumberSettings `yaml:"plumber"`
}

// plumberSettings are the R scoring service; absent keys change nothing.
type plumberSettings struct {
	URL       string `yaml:"url"`
	Timeout   string `yaml:"timeout"`    // of one answer
	TokenFile string `yaml:"token_file"` // file of the bearer token
}

// checkScoring says what is wrong with the settings at a path of keys, and where.
func (c *config) checkScoring(at []string, s scoringSettings) error {
	key := func(k ...string) []string { return append(slices.Clone(at), k...) }
	if s.Scorer != "" && !slices.Contains(jobs.Scorers(), s.Scorer) {
		return c.errorAt(key("scorer"), "it is %s, not %q", strings.Join(jobs.Scorers(), " or "), s.Scorer)
	}
	if s.Plumber.URL != "" {
		if err := jobs.CheckPlumberURL(s.Plumber.URL); err != nil {
			return c.errorAt(key("plumber", "url"), "%s", err)
		}
	}
	if s.Plumber.Timeout != "" {
		d, err := time.ParseDuration(s.Plumber.Timeout)
		if err != nil || d == 0 {
			return c.errorAt(key("plumber", "timeout"), "%q is no length of time; write it as 20s or 1m", s.Plumber.Timeout)
		}
		if err := jobs.CheckPlumberTimeout(d); err != nil {
			return c.errorAt(key("plumber", "timeout"), "%s", err)
		}
	}
	return nil
}

// over is s with the settings of a profile before its own, key by key.
func (s scoringSettings) over(profile scoringSettings) scoringSettings {
	return scoringSettings{Scorer: cmp.Or(profile.Scorer, s.Scorer), Plumber: plumberSettings{
		URL:       cmp.Or(profile.Plumber.URL, s.Plumber.URL),
		Timeout:   cmp.Or(profile.Plumber.Timeout, s.Plumber.Timeout),
		TokenFile: cmp.Or(profile.Plumber.TokenFile, s.Plumber.TokenFile),
	}}
}

// defaults are the stages' parameters that the settings change.
func (s scoringSettings) defaults() map[string]string {
	if s.Scorer == "" {
		return nil
	}
	return map[string]string{"scorer": s.Scorer}
}

// service is the R service as the runner takes it.
func (s scoringSettings) service() jobs.PlumberSettings {
	timeout, _ := time.ParseDuration(s.Plumber.Timeout) // checkScoring refuses what is none
	return jobs.PlumberSettings{URL: s.Plumber.URL, Timeout: timeout, TokenFile: s.Plumber.TokenFile}
}
