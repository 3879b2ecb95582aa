package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"sextant/jobs"
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

// consoleFlags are of the commands that open the console.
func (a *app) consoleFlags(f *pflag.FlagSet) {
	f.StringVar(&a.lang, "lang", "", "the console's language: en or ko (config: lang; default: that of the locale)")
	f.BoolVar(&a.mouse, "mouse", false, "the console takes the mouse: wheel and tabs; the terminal's own selection then needs shift")
	f.BoolVar(&a.ascii, "ascii", false, "no signs beyond ASCII in the console (default: where the locale is not UTF-8)")
}

// consoleMemory is from where on the console's memory is cleaned up eagerly: it
// stands open for days, on machines that have other things to do. A bank of some
// thousand items takes half of it: nearer to that, the collector would never rest.
const consoleMemory = 36 << 20

// openConsole shows the console until the operator quits, on s and whatever
// profile it is switched to.
func (a *app) openConsole(ctx context.Context, s *session) error {
	var closing sync.WaitGroup
	defer closing.Wait()
	now := s
	leave := func(old *session) {
		if old != s { // which is the caller's
			old.Close()
		}
	}
	defer func() { leave(now) }()
	words, err := a.language(s.target.lang)
	if err != nil {
		return err
	}
	profiles, err := a.profiles()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(consoleMemory)
	silent := slog.New(slog.DiscardHandler) // a log line would tear the screen
	connect := func(ctx context.Context, profile string) (jobs.Console, error) {
		next, err := a.connectTo(ctx, profile)
		if err != nil {
			return nil, err
		}
		old := now
		closing.Go(func() { leave(old) }) // once the questions to it have ended
		now = next
		return a.serviceLogging(now, silent), nil
	}
	err = tui.Run(ctx, tui.Options{Console: a.serviceLogging(s, silent), In: a.in, Out: a.out, Clock: a.clock,
		NoColor: a.global.noColor, ASCII: a.ascii || a.plainLocale(), Lang: words, Mouse: a.mouse, StateFile: a.stateFile(),
		Profiles: profiles, Connect: connect})
	if errors.Is(err, io.EOF) { // the terminal is gone
		return nil
	}
	return err
}

// connectTo opens a profile of the config file.
func (a *app) connectTo(ctx context.Context, profile string) (*session, error) {
	other := *a
	other.global.profile, other.global.database = profile, ""
	return other.connect(ctx)
}

// profiles are those of the config file, by name.
func (a *app) profiles() ([]tui.Profile, error) {
	conf, err := loadConfig(configPath(a.getenv))
	if err != nil {
		return nil, err
	}
	var list []tui.Profile
	for _, name := range slices.Sorted(maps.Keys(conf.Profiles)) {
		p := conf.Profiles[name]
		list = append(list, tui.Profile{Name: name, Environment: p.Environment, Colour: p.Colour})
	}
	return list, nil
}

// stateFile is $XDG_STATE_HOME/sextant/console.json, or empty without a home.
func (a *app) stateFile() string {
	dir := a.getenv("XDG_STATE_HOME")
	if dir == "" {
		home := a.getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "sextant", "console.json")
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

// plainLocale reports whether the environment's characters are not those of
// Unicode.
func (a *app) plainLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToUpper(a.getenv(name)); v != "" {
			return !strings.Contains(v, "UTF-8") && !strings.Contains(v, "UTF8")
		}
	}
	return false
}
