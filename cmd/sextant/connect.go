package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"sextant/db"
	"sextant/db/embedded"
	"sextant/jobs"
)

// target is the database a command works on, as flags, environment and config
// file name it.
type target struct {
	profile     string
	environment string
	colour      string
	url         string // empty: the private server
	readOnly    bool
	launch      string         // where the console's runs go; see profile
	lang        string         // of the console; empty: the locale's
	stages      *jobs.Registry // as the config file has them; nil: it says nothing
	scoring     scoringSettings
	report      reportSettings
}

// resolve finds the target: --database or --profile, else DATABASE_URL, else the
// config file's default profile, else the private server. A database named by
// URL takes nothing from the default profile, so that no other database is ever
// presented under its name.
func (a *app) resolve() (target, error) {
	conf, err := loadConfig(configPath(a.getenv))
	if err != nil {
		return target{}, err
	}
	t := target{profile: a.global.profile, url: a.global.database, readOnly: a.global.readOnly, lang: conf.Lang}
	switch {
	case t.profile != "" && t.url != "":
		return target{}, configf("--profile and --database both name a database; give one")
	case t.profile == "" && t.url == "":
		if t.profile = a.getenv("SEXTANT_PROFILE"); t.profile != "" {
			break
		}
		if t.url = a.getenv("DATABASE_URL"); t.url == "" {
			t.profile = conf.DefaultProfile
		}
	}
	if t.profile != "" {
		p, err := conf.find(t.profile)
		if err != nil {
			return target{}, err
		}
		if t.url, err = p.url(a.getenv); err != nil {
			return target{}, err
		}
		t.environment, t.colour, t.readOnly = p.Environment, p.Colour, t.readOnly || p.ReadOnly
		t.launch = p.Launch
		conf.Stages = conf.Stages.over(p.Stages)
		conf.Scoring, conf.Report = conf.Scoring.over(p.Scoring), conf.Report.over(p.Report)
	}
	t.scoring, t.report = conf.Scoring, conf.Report
	if len(conf.Stages) > 0 {
		if t.stages, err = jobs.Stages().With(conf.Stages.settings()); err != nil {
			return target{}, err
		}
	}
	if t.url == "" && t.environment == "" {
		t.environment = "local"
	}
	return t, nil
}

// session is an open database.
type session struct {
	db     *db.DB
	about  jobs.About
	target target
	server *embedded.Server // nil when the database is not the private server's
	log    *slog.Logger
}

// leaveWithin bounds how long the private server may take to stop.
const leaveWithin = 20 * time.Second

// Close gives the database back.
func (s *session) Close() {
	s.db.Close()
	if err := s.leave(); err != nil {
		s.log.Warn("leaving the private server", "error", err.Error())
	}
}

func (a *app) embeddedOptions() embedded.Options {
	return embedded.Options{DataDir: a.global.dataDir, BinDir: a.global.binDir, Logger: a.logger(slog.LevelWarn)}
}

// connect opens the database, ready for use. The private server is brought to
// the binary's schema; a database of somebody else's is never migrated unasked.
func (a *app) connect(ctx context.Context) (*session, error) { return a.connectAs(ctx, access{}) }

// connectToLook is connect for what promises to write nothing: the database
// itself holds it to that.
func (a *app) connectToLook(ctx context.Context) (*session, error) {
	return a.connectAs(ctx, access{look: true})
}

// connectToChange is connect for what changes something, and connectToLook for
// its dry run.
func (a *app) connectToChange(ctx context.Context, dryRun bool) (*session, error) {
	if dryRun {
		return a.connectToLook(ctx)
	}
	s, err := a.connect(ctx)
	if err == nil && s.about.ReadOnly {
		s.Close()
		return nil, jobs.ErrReadOnly
	}
	return s, err
}

// connectFor is connect for a process that runs so many stages at once.
func (a *app) connectFor(ctx context.Context, stages int) (*session, error) {
	return a.connectAs(ctx, access{conns: 8 + 2*int32(min(stages, 100))})
}

// access is what a command wants of a database.
type access struct {
	look  bool  // writes nothing
	conns int32 // at most; the usual number when 0
}

func (a *app) connectAs(ctx context.Context, want access) (*session, error) {
	t, err := a.resolve()
	if err != nil {
		return nil, err
	}
	s, err := a.open(ctx, t, want)
	if err != nil {
		return nil, err
	}
	err = s.db.CheckSchema(ctx)
	if s.server != nil && !t.readOnly && db.IsKind(err, db.KindNotMigrated) {
		err = migrate(ctx, s.server.URL())
	}
	if err == nil && !want.look && !s.about.ReadOnly {
		err = s.learnRights(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// learnRights makes the session read-only where the role, or the server, is.
func (s *session) learnRights(ctx context.Context) error {
	may, err := s.db.MayChange(ctx)
	s.about.ReadOnly = !may
	return err
}

// migrate brings a database to the binary's schema.
func migrate(ctx context.Context, url string) error {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Migrate(ctx)
	return err
}

// open opens the target whatever its schema.
func (a *app) open(ctx context.Context, t target, want access) (*session, error) {
	s := &session{target: t, log: a.logger(slog.LevelWarn)}
	url := t.url
	if url == "" {
		server, err := embedded.Join(ctx, a.embeddedOptions())
		if err != nil {
			return nil, err
		}
		s.server, url = server, server.URL()
	}
	var err error
	if s.db, err = db.Open(ctx, db.Config{URL: url, ReadOnly: t.readOnly || want.look, MaxConns: want.conns}); err != nil {
		return nil, errors.Join(err, s.leave())
	}
	s.about = jobs.About{Profile: t.profile, Environment: t.environment, Colour: t.colour, Database: s.db.Target(),
		ReadOnly: t.readOnly, Version: a.version}
	return s, nil
}

// leave gives up the private server, which stops with its last user.
func (s *session) leave() error {
	if s.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	return s.server.Leave(ctx)
}

// service is what the console's screens and their twins here read from.
func (a *app) service(s *session) *jobs.Service { return a.serviceLogging(s, s.log) }

func (a *app) serviceLogging(s *session, log *slog.Logger) *jobs.Service {
	r := a.runner(s, log)
	launcher := a.launcher(s.target)
	if a.queueLaunches || s.target.launch == launchQueue {
		launcher = jobs.QueueLauncher{Runner: r, Rest: launcher}
	}
	return jobs.NewService(s.db, r, s.about, launcher)
}

// launcher starts runs that outlive this process, on the same database. Its URL
// goes through the environment, where other users do not see it.
func (a *app) launcher(t target) jobs.Launcher {
	l := jobs.ProcessLauncher{Program: a.program}
	for _, e := range a.environ() {
		if name, _, _ := strings.Cut(e, "="); name != "DATABASE_URL" && name != "SEXTANT_PROFILE" {
			l.Environ = append(l.Environ, e)
		}
	}
	if t.profile == "" && t.url != "" {
		l.Environ = append(l.Environ, "DATABASE_URL="+t.url)
	}
	for _, f := range [][2]string{{"--profile", t.profile}, {"--data-dir", a.global.dataDir}, {"--bin-dir", a.global.binDir}} {
		if f[1] != "" {
			l.Global = append(l.Global, f[0], f[1])
		}
	}
	return l
}
