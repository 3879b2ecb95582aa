// Package dbbench prepares and watches the databases of scripts/bench: a private
// server in a folder of its own, filled at size, with the statements that the
// stages are measured beside.
package dbbench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"sextant/db/embedded"
)

// Server is the benchmark's PostgreSQL, with the settings that every private
// server of Sextant's has.
type Server struct {
	own *embedded.Server
	pid int
}

// Join starts the server of a data folder, or joins it where it runs, with
// settings beside those that every private server has.
func Join(ctx context.Context, dataDir string, settings map[string]string) (*Server, error) {
	own, err := embedded.Join(ctx, embedded.Options{DataDir: dataDir, Settings: settings})
	if err != nil {
		return nil, err
	}
	s := &Server{own: own}
	err = s.on(ctx, own.URL(), func(conn *pgx.Conn) error {
		var path string
		if err := conn.QueryRow(ctx, `SHOW data_directory`).Scan(&path); err != nil {
			return err
		}
		s.pid, err = postmasterPID(path)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, own.Leave(ctx))
	}
	return s, nil
}

// Leave ends this process's use of the server, which stops with its last user.
func (s *Server) Leave(ctx context.Context) error { return s.own.Leave(ctx) }

// URLOf is the URL of a database, which need not be there.
func (s *Server) URLOf(name string) (string, error) {
	at, err := url.Parse(s.own.URL())
	if err != nil {
		return "", err
	}
	at.Path = "/" + name
	return at.String(), nil
}

// Database returns the URL of a database that fill has filled as key describes:
// the one that stands, or a new one in its place.
func (s *Server) Database(ctx context.Context, name, key string, fill func(url string) error) (string, error) {
	target, err := s.URLOf(name)
	if err != nil {
		return "", err
	}
	err = s.on(ctx, s.own.URL(), func(conn *pgx.Conn) error {
		var found string
		err := conn.QueryRow(ctx, `SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1`, name).Scan(&found)
		switch {
		case err == nil && found == key:
			return nil
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		quoted := pgx.Identifier{name}.Sanitize()
		if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+quoted); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, `CREATE DATABASE `+quoted); err != nil {
			return err
		}
		if err := fill(target); err != nil {
			return err
		}
		// The mark of a database that is filled to the end.
		_, err = conn.Exec(ctx, `COMMENT ON DATABASE `+quoted+` IS '`+strings.ReplaceAll(key, `'`, `''`)+`'`)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("prepare the database %s: %w", name, err)
	}
	return target, nil
}

// on runs f on a connection of its own.
func (s *Server) on(ctx context.Context, url string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(f(conn), conn.Close(ctx))
}

// exec runs statements one by one, each in a transaction of its own.
func (s *Server) exec(ctx context.Context, url string, statements ...string) error {
	return s.on(ctx, url, func(conn *pgx.Conn) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%w in %s", err, sql)
			}
		}
		return nil
	})
}
