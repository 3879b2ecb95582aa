package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
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

// where names the database for a question: the environment, or else the address.
func (s *session) where() string {
	if s.about.Environment != "" {
		return s.about.Environment
	}
	return s.about.Database
}
