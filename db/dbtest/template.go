package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Template is a database that is built once and then cloned for every test, which takes a few dozen
// milliseconds however long building took.
type Template struct {
	// Name is a word in lower case, unique among the templates of the repository.
	Name string
	// Version must change whenever what Build makes changes; see Hash.
	Version string
	// Build fills the empty database at the URL and closes every connection it opened.
	Build func(ctx context.Context, url string) error
	// Collated asks for an empty database that sorts as people do, "a" before "B", where the others sort by code point.
	Collated bool
}

// Hash is a Version for templates that are built from files, such as migrations.
func Hash(files ...fs.FS) (string, error) {
	h := sha256.New()
	for _, fsys := range files {
		err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := fs.ReadFile(fsys, path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

const (
	namePrefix     = "test_"     // test_PID_SERIAL, a test's database
	templatePrefix = "template_" // template_NAME_VERSION
	unfinished     = "building_" // building_NAME, a template that is being built
)

var templateName = regexp.MustCompile(`^[a-z][a-z0-9]{0,20}$`)

// clone makes the database name, and the template first where it is missing.
func (tpl Template) clone(ctx context.Context, conn *pgx.Conn, server, name string) error {
	if tpl.Collated {
		return collated(ctx, conn, name)
	}
	if tpl.Build == nil {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
		return err
	}
	if !templateName.MatchString(tpl.Name) {
		return fmt.Errorf("template name %q is not a word in lower case", tpl.Name)
	}
	// Builders exclude each other and every clone, so that nobody clones what is half built or drops
	// what is being cloned. Closing the connection releases the locks.
	if err := tpl.lock(ctx, conn, "pg_advisory_lock_shared"); err != nil {
		return err
	}
	source := tpl.database()
	found, err := databases(ctx, conn, source)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if err := tpl.lock(ctx, conn, "pg_advisory_unlock_shared"); err != nil {
			return err
		}
		if err := tpl.lock(ctx, conn, "pg_advisory_lock"); err != nil {
			return err
		}
		if err := tpl.build(ctx, conn, server); err != nil {
			return fmt.Errorf("build template %s: %w", tpl.Name, err)
		}
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+source)
	return err
}

// collated makes an empty database in a language's order, by the system's locales or else by ICU.
func collated(ctx context.Context, conn *pgx.Conn, name string) error {
	var locale string
	err := conn.QueryRow(ctx, `SELECT coalesce((SELECT 'LOCALE ' || quote_literal(collname) FROM pg_collation
		WHERE collprovider = 'c' AND collname ~* '^[a-z]+_[a-z]+\.utf-?8$' ORDER BY collname LIMIT 1),
		$$LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'und'$$)`).Scan(&locale)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' "+locale)
	return err
}

// database depends on the version, so that one built from other files is not taken for it.
func (tpl Template) database() string {
	sum := sha256.Sum256([]byte(tpl.Version))
	return templatePrefix + tpl.Name + "_" + hex.EncodeToString(sum[:8])
}

func (tpl Template) lock(ctx context.Context, conn *pgx.Conn, function string) error {
	_, err := conn.Exec(ctx, "SELECT "+function+"(hashtextextended($1, 0))", "dbtest template "+tpl.Name)
	return err
}

// build makes the template under another name and renames it when it is whole. The caller holds the
// exclusive lock.
func (tpl Template) build(ctx context.Context, conn *pgx.Conn, server string) error {
	target := tpl.database()
	if found, err := databases(ctx, conn, target); err != nil || len(found) > 0 {
		return err // another process was faster
	}
	old, err := databases(ctx, conn, templatePrefix+tpl.Name+"_%")
	if err != nil {
		return err
	}
	half := unfinished + tpl.Name
	for _, name := range append(old, half) {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+half); err != nil {
		return err
	}
	if err := tpl.Build(ctx, withDatabase(server, half)); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+half+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+half+" RENAME TO "+target)
	return err
}

// databases lists those whose name is like the pattern, in which _ is itself.
func databases(ctx context.Context, conn *pgx.Conn, pattern string) ([]string, error) {
	rows, err := conn.Query(ctx,
		`SELECT datname::text FROM pg_database WHERE datname LIKE replace($1, '_', '\_') ORDER BY datname`, pattern)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// sweep drops the databases of test processes that were killed.
func sweep(ctx context.Context, server string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var mine bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended('dbtest sweep', 0))").Scan(&mine); err != nil || !mine {
		return err // somebody else is at it
	}
	names, err := databases(ctx, conn, namePrefix+"%")
	if err != nil {
		return err
	}
	for _, name := range names {
		pid, err := strconv.Atoi(strings.SplitN(strings.TrimPrefix(name, namePrefix), "_", 2)[0])
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
