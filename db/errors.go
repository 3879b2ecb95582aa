package db

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Kind sorts database errors by what a person, or the runner, does about them.
type Kind int

// The kinds of Error.
const (
	KindOther       Kind = iota // the statement failed; its own message says why
	KindConfig                  // the URL cannot be read
	KindUnreachable             // nothing answers at the address
	KindAuth                    // the server refuses the user or the password
	KindNoDatabase              // the server has no such database
	KindNotMigrated             // schema sextant is missing or older than the binary
	KindTooNew                  // schema sextant is newer than the binary
	KindPrivilege               // the role lacks a right
	KindReadOnly                // the session is read-only
	KindTransient               // worth another try: serialization, deadlock, lost connection
	KindDiskFull                // the server has no space left
)

// Error is a classified database error whose text is fit for an operator.
type Error struct {
	Kind Kind
	Op   string // what was tried; may be empty
	Hint string // what to do next; may be empty
	Err  error
}

// Error renders "op: cause; hint" on one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(oneLine(message(e.Err)))
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the driver's error.
func (e *Error) Unwrap() error { return e.Err }

// ErrNotFound says that a lookup by key found nothing.
var ErrNotFound = errors.New("not found")

// IsKind reports whether err is, or wraps, an Error of that kind.
func IsKind(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}

// classify turns a driver error into an Error; nil, context errors and errors
// already classified pass through.
func classify(op string, err error) error {
	var done *Error
	switch {
	case err == nil, errors.As(err, &done):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, context.Canceled):
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		kind, hint := kindOf(pg)
		return &Error{Kind: kind, Op: op, Hint: hint, Err: err}
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return &Error{Kind: KindUnreachable, Op: op, Hint: "check that PostgreSQL runs there and that DATABASE_URL names it", Err: rootCause(err)}
	}
	if lost(err) {
		return &Error{Kind: KindTransient, Op: op, Err: err}
	}
	return err // not the database's: the caller's own error from inside a transaction
}

// kindOf maps SQLSTATE (PostgreSQL documentation, appendix A) to a Kind.
func kindOf(pg *pgconn.PgError) (Kind, string) {
	switch pg.Code {
	case "28P01", "28000":
		return KindAuth, "check the user and password in DATABASE_URL"
	case "3D000":
		return KindNoDatabase, "create it, or correct DATABASE_URL"
	case "42501":
		return KindPrivilege, "ask the database's owner for the grants Sextant needs"
	case "25006":
		return KindReadOnly, "run without --read-only, on a primary server"
	case "53100":
		return KindDiskFull, "free space on the database server and run again; nothing was half-written"
	case "40001", "40P01", "55P03":
		return KindTransient, ""
	case "3F000", "42P01":
		if strings.Contains(pg.Message, "sextant") {
			return KindNotMigrated, "run 'sextant db migrate'"
		}
	}
	switch pg.Code[:2] {
	case "08", "57", "53":
		return KindTransient, ""
	}
	return KindOther, ""
}

// lost reports whether the connection broke under a statement.
func lost(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "closed pool")
}

// rootCause is the innermost error: pgconn's wrappers repeat user and host.
func rootCause(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	return errors.New(secrets.ReplaceAllString(err.Error(), "$1***"))
}

func message(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	return secrets.ReplaceAllString(err.Error(), "$1***")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// secrets matches the password in a URL and in a keyword string.
var secrets = regexp.MustCompile(`(://[^:/@\s]*:|password\s*=\s*)[^@\s]+`)

// maskParse hides what a configuration error quotes of the URL.
func maskParse(err error) error {
	return fmt.Errorf("%s", secrets.ReplaceAllString(oneLine(err.Error()), "$1***"))
}
