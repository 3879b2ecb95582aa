package main

import (
	"maps"
	"slices"
	"time"

	"sextant/jobs"
)

// stageSettings are what the config file changes of the stages, by name.
type stageSettings map[string]stageSetting

// stageSetting is what it changes of one; absent keys change nothing.
type stageSetting struct {
	Schedule *string `yaml:"schedule"` // cron, UTC
	Grace    *string `yaml:"grace"`    // between deadline and late
	Enabled  *bool   `yaml:"enabled"`
	PingURL  *string `yaml:"ping_url"`
}

// checkStages says what is wrong with the settings at a path of keys, and where.
func (c *config) checkStages(at []string, settings stageSettings) error {
	stages := jobs.Stages()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		path := append(slices.Clone(at), name)
		if _, err := stages.Find(name); err != nil {
			return c.errorAt(path, "%s", err)
		}
		s := settings[name]
		if s.Grace != nil {
			if _, err := time.ParseDuration(*s.Grace); err != nil {
				return c.errorAt(append(path, "grace"), "%q is no length of time; write it as 45m or 2h", *s.Grace)
			}
		}
		all := s.setting()
		for _, part := range []struct {
			key   string
			given bool
			only  jobs.Setting
		}{
			{"schedule", s.Schedule != nil, jobs.Setting{Schedule: all.Schedule}},
			{"grace", s.Grace != nil, jobs.Setting{Grace: all.Grace}},
			{"enabled", s.Enabled != nil, jobs.Setting{Enabled: all.Enabled}},
			{"ping_url", s.PingURL != nil, jobs.Setting{PingURL: all.PingURL}},
		} {
			if !part.given {
				continue
			}
			if err := stages.CheckSetting(name, part.only); err != nil {
				return c.errorAt(append(path, part.key), "%s", err)
			}
		}
	}
	return nil
}

// over is s with the settings of a profile before its own, key by key.
func (s stageSettings) over(profile stageSettings) stageSettings {
	out := maps.Clone(s)
	if out == nil {
		out = stageSettings{}
	}
	for name, p := range profile {
		base := out[name]
		if p.Schedule != nil {
			base.Schedule = p.Schedule
		}
		if p.Grace != nil {
			base.Grace = p.Grace
		}
		if p.Enabled != nil {
			base.Enabled = p.Enabled
		}
		if p.PingURL != nil {
			base.PingURL = p.PingURL
		}
		out[name] = base
	}
	return out
}

// settings are the settings as the stages take them.
func (s stageSettings) settings() map[string]jobs.Setting {
	out := map[string]jobs.Setting{}
	for name, one := range s {
		out[name] = one.setting()
	}
	return out
}

func (s stageSetting) setting() jobs.Setting {
	out := jobs.Setting{Schedule: s.Schedule, Enabled: s.Enabled, PingURL: s.PingURL}
	if s.Grace != nil {
		if d, err := time.ParseDuration(*s.Grace); err == nil { // checkStages refuses the rest
			out.Grace = &d
		}
	}
	return out
}
