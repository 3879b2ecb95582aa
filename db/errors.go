package db

import (
	"context"
	"errors"
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
	b.WriteString(e.Cause())
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Cause is what the server, or the driver, says of it, on one line.
func (e *Error) Cause() string { return oneLine(message(e.Err)) }

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
	var connect *pgconn.ConnectError // may hold the driver's own deadline
	if !errors.As(err, &connect) && errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		kind, hint := kindOf(pg)
		return &Error{Kind: kind, Op: op, Hint: hint, Err: err}
	}
	if connect != nil {
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
	case "08P01":
		if strings.Contains(pg.Message, "startup parameter") { // PgBouncer's words
			return KindUnreachable, "a pooler stands in the way: give DATABASE_URL the server's own address"
		}
	case "3D000":
		return KindNoDatabase, "create it, or correct DATABASE_URL"
	case "42501":
		return KindPrivilege, "ask the database's owner for what 'sextant doctor --grants' prints"
	case "25006":
		return KindReadOnly, "run without --read-only, on a primary server"
	case "53100":
		return KindDiskFull, "free space on the database server and run again; nothing was half-written"
	case "40001", "40P01", "55P03", "25P03", "25P04": // the last two end a session that held a transaction too long
		return KindTransient, ""
	case "57014": // cancelled by an administrator or statement_timeout, as the next try would be
		return KindOther, ""
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
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns
	}
	return errors.New(mask(err.Error()))
}

func message(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	return mask(err.Error())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// mask hides the password of a URL (up to the last @: an unescaped one may be
// part of it) and of a keyword string.
func mask(s string) string {
	return keywordSecret.ReplaceAllString(urlSecret.ReplaceAllString(s, "$1***@"), "$1***")
}

var (
	urlSecret     = regexp.MustCompile(`(://[^:/@\s]*:)\S*@`)
	keywordSecret = regexp.MustCompile(`(password\s*=\s*)('(?:[^'\\]|\\.)*'?|(?:[^\s\\]|\\.)+)`)
	quoted        = regexp.MustCompile(`"[^"]*"`)
)

// unreadable is what is wrong with a URL, without the URL and what the driver
// quotes of it: where it cannot be read, nobody knows what in it is secret.
func unreadable(err error) error {
	text := oneLine(err.Error())
	text = text[strings.LastIndex(text, "`: ")+1:]
	return &Error{Kind: KindConfig, Op: "read the database URL", Err: errors.New(quoted.ReplaceAllString(strings.TrimPrefix(text, ": "), "a word")),
		Hint: "correct DATABASE_URL; its form is postgres://user:password@host:5432/name, with the password's special characters percent-encoded"}
}
