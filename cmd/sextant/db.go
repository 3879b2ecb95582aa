package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sextant/db"
	"sextant/db/embedded"
)

type dbOptions struct{ app *app }

func newDBCmd(a *app) *cobra.Command {
	o := dbOptions{a}
	leaf := func(use, short, long string, run func(context.Context, dbOptions) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Long: long, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) }}
	}
	return newGroup("db", "The database: the private server, the schema",
		leaf("up", "Start the private server and keep it up",
			"Starts the private server, which then stays when its last user has gone, until 'sextant db down'.", dbUp),
		leaf("down", "Stop the private server",
			"Stops the private server. While other processes use it, it stops with the last of them, and the exit code is 1.", dbDown),
		leaf("status", "Say which database is in use and whether it is ready",
			"Says which database is in use, whether it answers, and whether its schema is the binary's. Starts nothing.", dbStatus),
		leaf("migrate", "Bring schema sextant to this version",
			`Creates or upgrades schema sextant and completes the published tables, one transaction a step. It never drops
a table or column, waits at most 5 s for a lock on a table in use, and changes nothing when run again.`, dbMigrate),
		leaf("url", "Print the URL of the database in use, without its password",
			"Prints the URL of the database in use, for psql and the like. A password is shown as ***.", dbURL))
}

// private refuses where the database in use is not the private server.
func (o dbOptions) private() error {
	t, err := o.app.resolve()
	if err == nil && t.url != "" {
		err = configf("the database in use is %s, which Sextant neither starts nor stops; unset DATABASE_URL (or choose another profile) for the private server",
			mask(t.url))
	}
	return err
}

func dbUp(ctx context.Context, o dbOptions) error {
	if err := o.private(); err != nil {
		return err
	}
	s, err := embedded.Up(ctx, o.app.embeddedOptions())
	if err != nil {
		return err
	}
	return o.app.printServer(s)
}

func dbDown(ctx context.Context, o dbOptions) error {
	if err := o.private(); err != nil {
		return err
	}
	if err := embedded.Down(ctx, o.app.embeddedOptions()); err != nil {
		return err
	}
	s, err := embedded.Inspect(ctx, o.app.embeddedOptions())
	if err != nil {
		return err
	}
	return o.app.printServer(s)
}

// databaseStatus is what `sextant db status` prints.
type databaseStatus struct {
	Database string           `json:"database"`       // empty while the private server is stopped
	Ready    bool             `json:"ready"`          // it answers, and has the schema wanted
	Schema   int64            `json:"schema"`         // version of schema sextant; 0: missing, or not known
	Wanted   int64            `json:"schema_wanted"`  // by this binary
	Queue    bool             `json:"queue_ready"`    // the queue's tables are there, as wanted
	Server   *embedded.Status `json:"private_server"` // null when it is somebody else's
}

func dbStatus(ctx context.Context, o dbOptions) error {
	t, err := o.app.resolve()
	if err != nil {
		return err
	}
	st := databaseStatus{Wanted: db.WantedSchema()}
	if t.url == "" {
		server, err := embedded.Inspect(ctx, o.app.embeddedOptions())
		if err != nil {
			return err
		}
		st.Server = &server
		if t.url = server.URL; !server.Running {
			return o.app.printDatabase(st)
		}
	}
	d, err := db.Open(ctx, db.Config{URL: t.url, ReadOnly: true})
	if err != nil {
		return err
	}
	defer d.Close()
	st.Database = d.Target()
	if st.Schema, err = d.SchemaVersion(ctx); err != nil {
		return err
	}
	err = d.CheckSchema(ctx)
	if err != nil && !db.IsKind(err, db.KindNotMigrated) && !db.IsKind(err, db.KindTooNew) {
		return err
	}
	st.Ready, st.Queue = err == nil, st.Schema == st.Wanted && err == nil
	if err := o.app.printDatabase(st); err != nil {
		return err
	}
	if !st.Ready && st.Server == nil {
		return &statusError{exitNotReady}
	}
	return nil
}

func dbMigrate(ctx context.Context, o dbOptions) error {
	t, err := o.app.resolve()
	if err != nil {
		return err
	}
	s, err := o.app.open(ctx, t, access{})
	if err != nil {
		return err
	}
	defer s.Close()
	m, err := s.db.Migrate(ctx)
	if err != nil {
		return err
	}
	switch {
	case o.app.global.json:
		return o.app.writeJSON(m)
	case o.app.global.quiet:
	case len(m.Applied)+len(m.Queue) == 0:
		fmt.Fprintf(o.app.out, "schema sextant is at version %d already: nothing to do\n", m.To)
	case len(m.Applied) == 0:
		fmt.Fprintf(o.app.out, "the queue's tables brought up to date: %s\n", strings.Join(m.Queue, ", "))
	default:
		fmt.Fprintf(o.app.out, "schema sextant brought from version %d to %d: %s\n", m.From, m.To, strings.Join(m.Applied, ", "))
	}
	return nil
}

func dbURL(ctx context.Context, o dbOptions) error {
	t, err := o.app.resolve()
	if err != nil {
		return err
	}
	if t.url == "" {
		s, err := embedded.Inspect(ctx, o.app.embeddedOptions())
		if err != nil {
			return err
		}
		if !s.Running {
			return fmt.Errorf("%w: it is stopped; start it with 'sextant db up'", embedded.ErrNotReady)
		}
		t.url = s.URL
	}
	if o.app.global.json {
		return o.app.writeJSON(map[string]string{"url": mask(t.url)})
	}
	fmt.Fprintln(o.app.out, mask(t.url))
	if mask(t.url) != t.url {
		fmt.Fprintln(o.app.errOut, "the password is left out")
	}
	return nil
}

func (a *app) printServer(s embedded.Status) error {
	switch {
	case a.global.json:
		return a.writeJSON(s)
	case !a.global.quiet:
		fmt.Fprintln(a.out, serverWords(s))
	}
	return nil
}

func serverWords(s embedded.Status) string {
	if !s.Running {
		return "the private PostgreSQL server is stopped; its data: " + s.DataDir
	}
	stay := "stops with its last user"
	if s.Stay {
		stay = "stays up until 'sextant db down'"
	}
	return fmt.Sprintf("the private PostgreSQL %s server runs as process %d, used by %s, and %s; its data: %s", s.ServerVersion, s.PID,
		users(len(s.Users)), stay, s.DataDir)
}

func (a *app) printDatabase(st databaseStatus) error {
	if a.global.json {
		return a.writeJSON(st)
	}
	if st.Server != nil {
		fmt.Fprintln(a.out, serverWords(*st.Server))
	}
	if st.Database != "" {
		fmt.Fprintf(a.out, "%s answers; %s\n", st.Database, schemaWords(st))
	}
	return nil
}

func schemaWords(st databaseStatus) string {
	version := fmt.Sprintf("schema sextant is at version %d", st.Schema)
	if st.Schema == 0 {
		version = "schema sextant is missing"
	}
	switch {
	case st.Ready:
		return version + ", as it should be"
	case st.Schema > st.Wanted:
		return fmt.Sprintf("%s, newer than this binary's %d: use a newer sextant", version, st.Wanted)
	case st.Schema == st.Wanted:
		return version + ", but its queue's tables are not: run 'sextant db migrate'"
	case st.Server != nil:
		return fmt.Sprintf("%s and will be brought to %d when it is next used", version, st.Wanted)
	}
	return fmt.Sprintf("%s, this binary needs %d: run 'sextant db migrate'", version, st.Wanted)
}

func users(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
