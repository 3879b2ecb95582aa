package jobs_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"sextant/db"
	"sextant/db/dbtest"
	"sextant/db/embedded"
)

// A server that stops at once, with updates in hand, and comes back.
func TestOnlineSurvivesARestartOfPostgreSQL(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sextant-restart-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // started as root, the server runs as another user
		t.Fatal(err)
	}
	o := embedded.Options{DataDir: dir}
	t.Cleanup(func() {
		if err := errors.Join(embedded.Down(context.Background(), o), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	server, err := embedded.Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, server.URL)
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := benchOn(t, server.URL)
	users := before.live()
	before.onlineFrom(db.Config{URL: server.URL})
	before.finishAll(31, users[:30])

	if err := syscall.Kill(server.PID, syscall.SIGQUIT); err != nil { // an immediate shutdown: recovery follows
		t.Fatal(err)
	}
	dbtest.Until(t, "the server to be gone", func() bool {
		st, err := embedded.Inspect(t.Context(), o)
		return err == nil && st.PID == 0
	})
	if _, err := embedded.Up(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	after := benchOn(t, server.URL)
	after.runner.Clock = time.Now
	after.finishAll(33, users[20:50])
	after.everyone(users[:50])
}
