package main

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
)

// dayFlag is a calendar day; nil until given.
type dayFlag struct{ day **db.Day }

func (f dayFlag) String() string {
	if f.day == nil || *f.day == nil {
		return ""
	}
	return (*f.day).String()
}

// Set reads YYYY-MM-DD.
func (f dayFlag) Set(s string) error {
	d, err := db.ParseDay(s)
	if err == nil {
		*f.day = &d
	}
	return err
}

// Type names the value in --help.
func (dayFlag) Type() string { return "YYYY-MM-DD" }

// idFlag is the id of a run.
type idFlag struct{ id *uuid.UUID }

func (f idFlag) String() string {
	if f.id == nil || *f.id == uuid.Nil {
		return ""
	}
	return f.id.String()
}

// Set reads a UUID.
func (f idFlag) Set(s string) (err error) {
	*f.id, err = uuid.Parse(s)
	return err
}

// Type names the value in --help.
func (idFlag) Type() string { return "UUID" }

// triggerFlag is what starts a run.
type triggerFlag struct{ trigger *db.Trigger }

var triggers = []string{string(db.TriggerCLI), string(db.TriggerCron), string(db.TriggerConsole), string(db.TriggerSchedule), string(db.TriggerEvent)}

func (f triggerFlag) String() string {
	if f.trigger == nil {
		return ""
	}
	return string(*f.trigger)
}

// Set reads one of the triggers.
func (f triggerFlag) Set(s string) error {
	if !slices.Contains(triggers, s) {
		return usagef("it is one of %s", strings.Join(triggers, ", "))
	}
	*f.trigger = db.Trigger(s)
	return nil
}

// Type names the value in --help.
func (triggerFlag) Type() string { return "WORD" }

// bindParams makes a flag of each of a stage's own parameters. Only those given
// reach the request, so that the environment keeps its place below the flags.
func bindParams(cmd *cobra.Command, q *jobs.Request, specs []jobs.ParamSpec) {
	q.Options = map[string]string{}
	for _, s := range specs {
		help := s.Help
		if len(s.Choices) > 0 {
			words := slices.DeleteFunc(slices.Clone(s.Choices), func(c string) bool { return c == "" })
			help += ": " + strings.Join(words, ", ")
		}
		if s.Env != "" {
			help += " [$" + s.Env + "]"
		}
		f := cmd.Flags().VarPF(paramFlag{s, q.Options}, s.Name, "", help)
		if s.Kind == "bool" {
			f.NoOptDefVal = "true"
		}
		if len(s.Choices) > 0 {
			_ = cmd.RegisterFlagCompletionFunc(s.Name, cobra.FixedCompletions(s.Choices, cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag alone
		}
	}
}

// paramFlag is one of a stage's own parameters.
type paramFlag struct {
	spec jobs.ParamSpec
	into map[string]string
}

// String is the value given, else the default.
func (f paramFlag) String() string {
	if v, ok := f.into[f.spec.Name]; ok {
		return v
	}
	return f.spec.Default
}

// Set checks and keeps a value.
func (f paramFlag) Set(v string) error {
	if err := f.spec.Check(v); err != nil {
		return err
	}
	f.into[f.spec.Name] = v
	return nil
}

// Type names the value in --help.
func (f paramFlag) Type() string { return f.spec.Kind }
