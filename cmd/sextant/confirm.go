package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"sextant/jobs"
)

// asks reports whether a command that changes something asks first.
func (a *app) asks(yes bool) bool {
	return a.interactive() && !yes && !a.global.json && !a.global.quiet
}

// confirm asks a question whose answer is no unless it is yes. Cancellation
// does not wait for the answer.
func (a *app) confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprintf(a.errOut, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.in).ReadString('\n') // at the end of input, what there is
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.errOut)
		return false, ctx.Err()
	case s := <-answer:
		if s == "y" || s == "yes" {
			return true, nil
		}
		fmt.Fprintln(a.errOut, "nothing was changed")
		return false, nil
	}
}

// change runs a request that a person sees the preview of, and agrees to, first; a
// dry run ends with the preview. show prints it and words the question, which is
// empty when nothing would change.
func change[P any](ctx context.Context, a *app, q jobs.Request, yes bool, preview func(*jobs.Runner, context.Context, jobs.Request) (P, error), show func(P) string) error {
	s, err := a.connectToChange(ctx, q.DryRun)
	if err != nil {
		return err
	}
	defer s.Close()
	if !q.DryRun && !a.asks(yes) {
		return a.run(ctx, s, q)
	}
	p, err := preview(a.runner(s, s.log), ctx, q)
	switch {
	case err != nil:
		return err
	case q.DryRun && a.global.json:
		return a.writeJSON(p)
	}
	question := show(p)
	if q.DryRun || question == "" {
		return nil
	}
	ok, err := a.confirm(ctx, question+" in "+s.where()+"?")
	if err != nil || !ok {
		return err
	}
	return a.run(ctx, s, q)
}

// where names the database for a question: the environment, or else the address.
func (s *session) where() string {
	if s.about.Environment != "" {
		return s.about.Environment
	}
	return s.about.Database
}
