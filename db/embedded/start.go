package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	poll = 3 * time.Millisecond
	// answerWithin bounds the wait for a live postmaster that says nothing at all. One that says it
	// is recovering is waited for as long as the caller's context lasts.
	answerWithin = time.Minute
	// orphansWithin bounds the wait for backends that outlive a killed postmaster; they end as soon
	// as they notice.
	orphansWithin = 20 * time.Second
	maxLogSize    = 8 * mib
)

// start runs the server and waits until it answers. The caller holds the start lock and has seen
// that no postmaster is alive.
func (f *folder) start(ctx context.Context, bin Binaries, settings map[string]string, log *slog.Logger) (string, error) {
	if err := f.writeSettings(settings); err != nil {
		return "", err
	}
	if err := f.removeDeadUsers(); err != nil {
		return "", fmt.Errorf("sweep the users of the server: %w", err)
	}
	begun := time.Now()
	lock, err := f.lockServer(ctx)
	if err != nil {
		return "", err
	}
	defer lock.Close() // the server has it by then
	for {
		url, err := f.startOnce(ctx, bin, lock, log)
		var failed *StartError
		switch {
		case err == nil:
			log.Info("started the private PostgreSQL server", "data_dir", f.dir, "postgres", bin.Version,
				"took", time.Since(begun).Round(time.Millisecond))
			return url, nil
		case ctx.Err() != nil || !errors.As(err, &failed) || !failed.portTaken() || time.Since(begun) > answerWithin:
			return "", err
		}
		log.Debug("starting the server again on another port", "reason", failed.Reason)
	}
}

// portTaken means that another program took the port between our look and the server's.
func (e *StartError) portTaken() bool {
	return strings.Contains(e.Reason, "could not create any TCP/IP sockets")
}

// lockServer takes the lock that the server inherits, and with it every backend. Unlike a process id
// it tells of orphaned backends, and of servers in other containers that share the folder: two
// servers on one cluster would destroy it.
func (f *folder) lockServer(ctx context.Context) (*os.File, error) {
	path := filepath.Join(f.dir, "server.lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the cluster: %w", err)
	}
	if err := f.own(path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	for begun := time.Now(); ; {
		locked, err := flock(file, syscall.LOCK_EX)
		if err == nil && locked {
			return file, nil
		}
		if err == nil && time.Since(begun) > orphansWithin {
			err = &FolderError{f.dir, "processes of an earlier server still use it (a long query that a killed server left behind, or a server in another container): end them first"}
		}
		if err == nil {
			err = sleep(ctx, poll)
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
}

func (f *folder) startOnce(ctx context.Context, bin Binaries, lock *os.File, log *slog.Logger) (string, error) {
	if err := f.removeStale(); err != nil {
		return "", fmt.Errorf("clear away a dead server's files: %w", err)
	}
	at, err := f.endpoint()
	if err != nil {
		return "", err
	}
	if at.socketDir != "" {
		if err := os.Mkdir(at.socketDir, 0o700); err != nil {
			return "", fmt.Errorf("make the socket folder: %w", err)
		}
		if err := f.own(at.socketDir); err != nil {
			return "", err
		}
	}
	out, err := f.openLog()
	if err != nil {
		return "", fmt.Errorf("open the server's log: %w", err)
	}
	defer out.Close()
	before, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return "", fmt.Errorf("open the server's log: %w", err)
	}

	// The server outlives this call and perhaps this process: no context may kill it.
	cmd := f.command(context.WithoutCancel(ctx), filepath.Join(bin.Dir, "postgres"),
		append([]string{"-D", f.cluster()}, at.flags()...)...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{lock}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start the private PostgreSQL server: %w", err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // reaps it; why it ended stands in its log
		close(exited)
	}()

	url, err := f.awaitReady(ctx, exited, log)
	if err == nil {
		return url, nil
	}
	if errors.Is(err, errGone) {
		return "", &StartError{Reason: f.lastWords(before), LogFile: f.logFile()}
	}
	// A server that nobody waits for any more must not linger without users.
	if killErr := cmd.Process.Signal(syscall.SIGINT); killErr != nil && !errors.Is(killErr, os.ErrProcessDone) {
		err = errors.Join(err, killErr)
	}
	return "", err
}

// awaitReady waits until the server answers, makes the database where it is missing, and returns the
// URL. It returns errGone when the server ends; exited tells that of one this process has started.
func (f *folder) awaitReady(ctx context.Context, exited <-chan struct{}, log *slog.Logger) (string, error) {
	begun, silentSince := time.Now(), time.Now()
	told := false
	for {
		pm, alive := f.running()
		if !alive && exited == nil {
			return "", errGone
		}
		if url := f.url(pm); alive && url != "" {
			err := f.ping(ctx, url)
			var answer *pgconn.PgError
			switch {
			case err == nil:
				return url, nil
			case isBusy(err):
				silentSince = time.Now()
				if !told && time.Since(begun) > 2*time.Second {
					log.Info("waiting for the private PostgreSQL server", "it_says", err)
					told = true
				}
			case errors.As(err, &answer):
				return "", fmt.Errorf("connect to the private PostgreSQL server: %w", err)
			}
		}
		if time.Since(silentSince) > answerWithin {
			return "", fmt.Errorf("%w after %s: see %s", ErrNotReady, answerWithin, f.logFile())
		}
		select {
		case <-exited:
			return "", errGone
		case <-ctx.Done():
			return "", fmt.Errorf("wait for the private PostgreSQL server: %w", ctx.Err())
		case <-time.After(poll):
		}
	}
}

// isBusy tells the answer of a server that is starting, recovering or shutting down.
func isBusy(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "57P03"
}

// ping connects to Sextant's database, which it makes where a new cluster lacks it. The caller holds
// the start lock, so nobody makes it at the same time.
func (f *folder) ping(ctx context.Context, url string) error {
	conn, err := connect(ctx, url)
	var answer *pgconn.PgError
	if errors.As(err, &answer) && answer.Code == "3D000" { // no such database
		return createDatabase(ctx, url)
	}
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func createDatabase(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	cfg.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	return errors.Join(err, conn.Close(ctx))
}

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.ConnectTimeout = 10 * time.Second
	return pgx.ConnectConfig(ctx, cfg)
}

// stop ends the server in an orderly way: clients are disconnected, everything is written. It
// returns when the server is gone.
func (f *folder) stop(ctx context.Context, pm postmaster) error {
	if err := f.signal(pm, syscall.SIGINT); err != nil {
		return err
	}
	for f.isPostmaster(pm.pid) {
		if err := sleep(ctx, poll); err != nil {
			return fmt.Errorf("process %d goes on shutting down: %w", pm.pid, err)
		}
	}
	return nil
}

// openLog opens the server's log for appending, and begins a new one when the last has grown large.
func (f *folder) openLog() (*os.File, error) {
	if info, err := os.Stat(f.logFile()); err == nil && info.Size() > maxLogSize {
		if err := os.Rename(f.logFile(), f.logFile()+".1"); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(f.logFile(), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.own(f.logFile()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// lastWords is the reason a server gave in its log, from an offset on, for not starting.
func (f *folder) lastWords(from int64) string {
	content, err := os.ReadFile(f.logFile())
	if err != nil || int64(len(content)) <= from {
		return "it said nothing"
	}
	content = content[from:]
	for line := range strings.Lines(string(content)) {
		if _, reason, found := strings.Cut(line, "FATAL:"); found {
			return strings.TrimSpace(reason)
		}
	}
	return lastLine(string(content))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
