package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// role is the superuser that owns the cluster, and database the one Sextant works in.
const (
	role     = "sextant"
	database = "sextant"
)

// clusterMajor is the major version the cluster was made by, 0 where there is no cluster yet.
func (f *folder) clusterMajor() (int, error) {
	content, err := os.ReadFile(filepath.Join(f.cluster(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(f.cluster()); err == nil {
			return 0, &FolderError{f.dir, fmt.Sprintf("%s is not a PostgreSQL cluster (it has no PG_VERSION): move it away", f.cluster())}
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, &FolderError{f.dir, fmt.Sprintf("%s does not hold a version: restore the cluster from a backup", filepath.Join(f.cluster(), "PG_VERSION"))}
	}
	return major, nil
}

// localeFlags are tried in turn. All sort text by code point, which C does with a plain memory
// comparison; the character classes need a UTF-8 locale, or trigram search would not see Korean
// letters. Systems without C.UTF-8, such as older macOS, have en_US.UTF-8.
var localeFlags = [][]string{
	{"--locale=C.UTF-8", "--lc-collate=C"},
	{"--locale=C", "--lc-ctype=en_US.UTF-8"},
}

// ensureCluster makes the cluster where there is none. It is made beside its place and then renamed,
// so that nobody ever sees half of one. The caller holds the start lock.
func (f *folder) ensureCluster(ctx context.Context, bin Binaries, log *slog.Logger) error {
	major, err := f.clusterMajor()
	if err != nil || major != 0 {
		return err
	}
	begun := time.Now()
	for i, locale := range localeFlags {
		err = f.initCluster(ctx, bin, locale)
		var failed *initError
		if !errors.As(err, &failed) || !strings.Contains(failed.output, "invalid locale") || i == len(localeFlags)-1 {
			break
		}
		log.Warn("the system lacks a locale for the new cluster, trying the next", "flags", strings.Join(locale, " "))
	}
	if err != nil {
		return fmt.Errorf("make the database cluster in %s: %w", f.dir, err)
	}
	log.Info("made a database cluster", "dir", f.cluster(), "postgres", bin.Version, "took", time.Since(begun).Round(time.Millisecond))
	return nil
}

type initError struct{ output string }

func (e *initError) Error() string {
	for line := range strings.Lines(e.output) {
		if strings.Contains(line, "error:") || strings.Contains(line, "FATAL:") {
			return strings.TrimSpace(line)
		}
	}
	return lastLine(e.output)
}

func (f *folder) initCluster(ctx context.Context, bin Binaries, locale []string) error {
	half := f.cluster() + ".new"
	if err := os.RemoveAll(half); err != nil { // left by a process that died in here
		return err
	}
	if err := os.Mkdir(half, 0o700); err != nil {
		return err
	}
	if err := f.own(half); err != nil {
		return err
	}
	// initdb wants an empty folder, so the password waits beside it.
	secret := rand.Text()
	pwFile := half + ".password"
	if err := f.write(pwFile, secret+"\n"); err != nil {
		return err
	}
	defer os.Remove(pwFile)

	args := append([]string{
		"--pgdata=" + half, "--username=" + role, "--encoding=UTF8", "--no-sync",
		// The socket stands in a folder that only its owner can enter; a port is open to all.
		"--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=" + pwFile,
	}, locale...)
	out, err := f.command(ctx, filepath.Join(bin.Dir, "initdb"), args...).CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &initError{output: string(out)}
	}
	if err := f.write(filepath.Join(half, "sextant.pgpass"), "*:*:*:"+role+":"+secret+"\n"); err != nil {
		return err
	}
	if err := includeSettings(filepath.Join(half, "postgresql.conf")); err != nil {
		return err
	}
	return os.Rename(half, f.cluster())
}

func includeSettings(conf string) error {
	file, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString("\ninclude '" + settingsFile + "'\n")
	return errors.Join(err, file.Close())
}
