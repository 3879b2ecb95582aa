package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"sextant/tui"
	"sextant/tui/lang"
)

// runHome is `sextant` alone: the console for people, the status table for pipes.
func runHome(ctx context.Context, a *app) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if !a.interactive() || a.global.json {
		return showStatus(ctx, statusOptions{app: a}, s)
	}
	return a.openConsole(ctx, s)
}

// openConsole shows the console until the operator quits.
func (a *app) openConsole(ctx context.Context, s *session) error {
	words, err := a.language(s.target.lang)
	if err != nil {
		return err
	}
	silent := slog.New(slog.DiscardHandler) // a log line would tear the screen
	err = tui.Run(ctx, tui.Options{Console: a.serviceLogging(s, silent), In: a.in, Out: a.out, Clock: a.clock,
		NoColor: a.global.noColor, ASCII: a.plainLocale(), Lang: words})
	if errors.Is(err, io.EOF) { // the terminal is gone
		return nil
	}
	return err
}

// language is that of --lang, of the config file or of the locale, in this order.
func (a *app) language(configured string) (*lang.Catalogue, error) {
	name := cmp.Or(a.lang, configured, lang.Detect(a.getenv))
	words, err := lang.Load(name)
	if err != nil {
		return nil, usagef("--lang: %s", err)
	}
	return words, nil
}

// plainLocale reports whether the environment asks for ASCII.
func (a *app) plainLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.getenv(name); v != "" {
			return v == "C" || strings.EqualFold(v, "POSIX")
		}
	}
	return false
}
