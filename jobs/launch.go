package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"sextant/db"
)

// Launcher starts a run outside this process. The channel gives one error if
// the process ends before its run stands in the ledger.
type Launcher interface {
	Launch(ctx context.Context, q Request) (<-chan error, error)
}

// ProcessLauncher runs this program's own command line, detached: closing the
// terminal, or the console, ends nothing.
type ProcessLauncher struct {
	Program string   // path of the sextant binary
	Global  []string // flags that say which database; never a secret
	Environ []string // its environment, the database's URL included
}

// Launch starts `sextant run` or `sextant theta recompute` in a session of its own.
func (l ProcessLauncher) Launch(_ context.Context, q Request) (<-chan error, error) {
	verb, rest := q.arguments()
	own := []string{"--id", q.ID.String(), "--trigger", string(q.Trigger), "--quiet"}
	cmd := exec.Command(l.Program, slices.Concat(l.Global, verb, own, rest)...) // our own program and flags
	cmd.Env = l.Environ
	cmd.SysProcAttr = detached()
	var words bytes.Buffer
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", l.Program, err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if text := strings.TrimPrefix(strings.TrimSpace(words.String()), "sextant: "); text != "" {
			err = errors.New(text)
		} else if err == nil {
			err = errors.New("the run ended without a word")
		}
		ended <- err
	}()
	return ended, nil
}

// recorded turns a ledger row back into the request that made it, where the
// config file sets such defaults.
func recorded(stages *Registry, defaults map[string]string, r db.Run) (Request, error) {
	q := Request{Stage: r.Stage, Reason: r.Reason, Trigger: r.Trigger, Actor: r.Actor, Options: map[string]string{}}
	p, err := readObject(r.Params)
	if err != nil {
		return q, fmt.Errorf("read the parameters of run %s: %w", r.ID, err)
	}
	if users, ok := p["users"].([]any); ok {
		for _, u := range users {
			q.Users = append(q.Users, fmt.Sprint(u))
		}
	}
	q.Missing, q.Force = p["missing"] == true, p["force"] == true
	switch {
	case p["backfill"] == true:
		q.From, q.To = r.WindowFrom, r.WindowTo
	case commands[r.Stage] == nil && r.Stage != syncStage:
		q.Date = r.WindowTo
	}
	st, err := stages.find(r.Stage)
	if err != nil {
		return q, nil //nolint:nilerr // a run of a stage this version does not know is still shown
	}
	for _, s := range Specs(st.Params()) {
		usual, ok := defaults[s.Name]
		if !ok {
			usual = s.Default
		}
		if v, ok := p[s.Name]; ok {
			if text := (Field{s.Name, v}).Exact(); !s.Same(text, usual) {
				q.Options[s.Name] = text
			}
		}
	}
	return q, nil
}
