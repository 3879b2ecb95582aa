// Package embedded runs Sextant's private PostgreSQL server: the one it uses when no DATABASE_URL
// names another.
//
// The server lives in a data folder (see [DefaultDataDir]):
//
//	cluster/     PostgreSQL's own data directory; never wiped, never upgraded by Sextant
//	run/         the folder of the unix socket, open to the owner alone
//	users/       one locked file for every process that uses the server
//	start.lock   held while a process starts, joins, leaves or stops the server
//	server.lock  held by the server and its backends as long as one of them lives
//	stay         there while `sextant db up` asked the server to outlive its users
//	server.log   the server's log; server.log.1 is the one before
//	postgres/    where scripts/bootstrap unpacks server binaries if no package manager gave any
//
// All locks are the kernel's (flock), so a process that dies in whatever way leaves none behind. The
// role is "sextant", a superuser; the database is "sextant".
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// Options say where the server lives and how it is run. The zero value is the default server.
type Options struct {
	// DataDir is the data folder; "" means DefaultDataDir.
	DataDir string
	// BinDir is the folder that holds postgres and initdb; "" means search for one (see Locate).
	BinDir string
	// Settings are server settings that override Sextant's own. They take effect when this process
	// is the one that starts the server.
	Settings map[string]string
	// Logger hears of starts, stops and fallbacks; nil means nobody does.
	Logger *slog.Logger
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// Server is this process's use of the running server, from Join to Leave.
type Server struct {
	folder *folder
	log    *slog.Logger
	url    string

	mu   sync.Mutex
	user *os.File // nil after Leave
}

// Join returns the running server of the data folder, or starts it, and counts this process among
// its users until Leave or the process's end. It waits for a server that is starting or recovering.
func Join(ctx context.Context, opts Options) (*Server, error) {
	f, err := openFolder(opts.DataDir)
	if err != nil {
		return nil, err
	}
	unlock, err := f.lockStart(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()

	url, err := f.ensureRunning(ctx, opts)
	if err != nil {
		return nil, err
	}
	user, err := f.addUser()
	if err != nil {
		return nil, err
	}
	return &Server{folder: f, log: opts.logger(), url: url, user: user}, nil
}

// URL is the connection URL of the database "sextant". It holds no secret: where the server needs a
// password, the URL names the file it stands in.
func (s *Server) URL() string { return s.url }

// Leave ends this process's use of the server. The last user to leave stops it, unless Up asked it
// to stay. A second Leave does nothing.
func (s *Server) Leave(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.user == nil {
		return nil
	}
	unlock, err := s.folder.lockStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	if err := removeUser(s.user); err != nil {
		return err
	}
	s.user = nil
	return s.folder.stopIfUnused(ctx, s.log)
}

// Up starts the server if it is not running and asks it to stay when its last user leaves.
func Up(ctx context.Context, opts Options) (Status, error) {
	f, err := openFolder(opts.DataDir)
	if err != nil {
		return Status{}, err
	}
	unlock, err := f.lockStart(ctx)
	if err != nil {
		return Status{}, err
	}
	defer unlock()

	if _, err := f.ensureRunning(ctx, opts); err != nil {
		return Status{}, err
	}
	if err := f.setStay(true); err != nil {
		return Status{}, err
	}
	return f.status(ctx)
}

// Down takes back what Up asked and stops the server. While other processes use it, it fails with an
// InUseError and the server stops with the last of them. Down of a stopped server does nothing.
func Down(ctx context.Context, opts Options) error {
	f, err := existingFolder(opts.DataDir)
	if err != nil || f == nil {
		return err
	}
	unlock, err := f.lockStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	if err := f.setStay(false); err != nil {
		return err
	}
	if err := f.stopIfUnused(ctx, opts.logger()); err != nil {
		return err
	}
	users, err := f.users()
	if err != nil {
		return err
	}
	if pm, alive := f.running(); alive && len(users) > 0 {
		return &InUseError{PID: pm.pid, Users: users}
	}
	return nil
}

// ensureRunning returns the URL of the server, which it starts if need be. The caller holds the
// start lock.
func (f *folder) ensureRunning(ctx context.Context, opts Options) (string, error) {
	log := opts.logger()
	if _, alive := f.running(); alive {
		url, err := f.awaitReady(ctx, nil, log)
		if err == nil {
			log.Debug("using the running private PostgreSQL server", "data_dir", f.dir)
			return url, nil
		}
		if !errors.Is(err, errGone) {
			return "", err
		}
	}
	bin, err := f.locate(ctx, opts.BinDir)
	if err != nil {
		return "", err
	}
	if err := f.ensureCluster(ctx, bin, log); err != nil {
		return "", err
	}
	return f.start(ctx, bin, opts.Settings, log)
}

// stopIfUnused stops the server when it has no user and was not asked to stay. The caller holds the
// start lock.
func (f *folder) stopIfUnused(ctx context.Context, log *slog.Logger) error {
	users, err := f.users()
	if err != nil {
		return err
	}
	if len(users) > 0 || f.stays() {
		return nil
	}
	pm, alive := f.running()
	if !alive {
		return nil
	}
	log.Debug("stopping the private PostgreSQL server", "data_dir", f.dir, "pid", pm.pid)
	if err := f.stop(ctx, pm); err != nil {
		return fmt.Errorf("stop the private PostgreSQL server: %w", err)
	}
	return nil
}
