package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/widget"
)

type doctorOptions struct {
	app    *app
	grants bool
	prefix string
}

func newDoctorCmd(a *app) *cobra.Command {
	o := doctorOptions{app: a}
	cmd := &cobra.Command{
		Use: "doctor", Short: "Say what is missing, wrong or late, and what mends it", Args: noArgs,
		Long: `Looks at the database, before its migration or after: what the platform has there, which source of answers will
be read, what would be set aside, what the migration adds, which privileges lack. It writes nothing. The exit
code is 0 when all is well, 1 when there are warnings or errors, 5 when the database cannot be reached.`,
		Example: `  sextant doctor
  sextant doctor --json | jq '.findings[] | select(.level == "error")'
  sextant doctor --grants | psql "$DATABASE_URL"   # make the roles`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !o.grants && cmd.Flags().Changed("role-prefix") {
				return usagef("--role-prefix goes with --grants")
			}
			return runDoctor(cmd.Context(), o)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&o.grants, "grants", false, "print the SQL of three least-privilege roles instead: operator, worker, readonly")
	cmd.Flags().StringVar(&o.prefix, "role-prefix", "sextant", "what the roles' names begin with")
	return cmd
}

func runDoctor(ctx context.Context, o doctorOptions) error {
	if o.prefix == "" {
		return usagef("--role-prefix is a word")
	}
	if len(o.prefix) > db.LongestRolePrefix {
		return usagef("--role-prefix is at most %d bytes long: PostgreSQL cuts the name of a role after its 63rd", db.LongestRolePrefix)
	}
	t, err := o.app.resolve()
	if err != nil {
		return err
	}
	s, err := o.app.open(ctx, t, access{look: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if o.grants {
		return o.printGrants(ctx, s)
	}
	d, err := o.app.service(s).Doctor(ctx)
	if err != nil {
		return err
	}
	switch {
	case o.app.global.json:
		err = o.app.writeJSON(d)
	case !o.app.global.quiet:
		o.app.printDiagnosis(d)
	}
	if err == nil && d.Problems > 0 {
		err = &statusError{exitFailed}
	}
	return err
}

func (o doctorOptions) printGrants(ctx context.Context, s *session) error {
	sql, err := s.db.Grants(ctx, o.prefix)
	if err != nil {
		return err
	}
	if o.app.global.json {
		return o.app.writeJSON(map[string]string{"sql": sql})
	}
	fmt.Fprint(o.app.out, sql)
	return nil
}

const (
	levelWidth = 7
	checkWidth = 13
)

// printDiagnosis writes a finding a line, and below it the command that mends it.
func (a *app) printDiagnosis(d jobs.Diagnosis) {
	fmt.Fprintf(a.out, "%s  %s UTC\n\n", widget.Clean(d.Database), stamp(d.At))
	indent := strings.Repeat(" ", levelWidth+checkWidth)
	for _, f := range d.Findings {
		level := levelCell(f.Level)
		fmt.Fprintf(a.out, "%s%s%-*s", a.painted(level), strings.Repeat(" ", levelWidth-len(level.text)), checkWidth, f.Check)
		what := widget.Clean(f.What)
		if a.width > len(indent)+narrowest {
			what = ansi.Wordwrap(what, a.width-len(indent), "")
		}
		fmt.Fprintln(a.out, strings.ReplaceAll(what, "\n", "\n"+indent))
		if f.Command != "" {
			fmt.Fprintf(a.out, "%s→ %s\n", indent, widget.Clean(f.Command))
		}
	}
	if d.Problems > 0 {
		fmt.Fprintf(a.out, "\n%s\n", plural(d.Problems, "problem"))
	}
}

// levelCell is how much a finding matters.
func levelCell(l jobs.Level) cell {
	c := cell{text: string(l)}
	switch l {
	case jobs.LevelOK:
		c.colour = good
	case jobs.LevelWarn:
		c.colour = warning
	case jobs.LevelError:
		c.colour = bad
	default:
		c.colour = faint
	}
	return c
}
