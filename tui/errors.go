package tui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"sextant/db"
	"sextant/jobs"
	"sextant/tui/lang"
	"sextant/tui/theme"
	"sextant/tui/widget"
)

const noAnswer = "no answer in time"

// errorWords says an error in the operator's language, on one line. English is
// what errors say of themselves; what the console does not know stays so.
func errorWords(th *theme.Theme, err error) string {
	var (
		fault   *db.Error
		learner *jobs.UnknownLearnerError
		theta   *jobs.NoThetaError
		item    *jobs.UnknownItemError
		locked  *jobs.LockedError
		paused  *jobs.PausedError
		file    *fs.PathError
		link    *os.LinkError
	)
	text := oneLine(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return th.Told(noAnswer)
	case th.Lang == nil:
		return widget.Clean(text)
	case errors.As(err, &fault): // what is around it says where it happened
		text = strings.Replace(text, fault.Error(), faultWords(th, fault), 1)
	case errors.Is(err, jobs.ErrReadOnly):
		text = th.Tr("read-only: nothing can be changed from here")
	case errors.As(err, &learner):
		text = th.Tr("there is no learner %q with answers", learner.User)
	case errors.As(err, &theta) && theta.Topic != "":
		text = th.Tr("no %s of %q for topic %q is in force; recompute it first", th.Glyph.Theta, theta.User, theta.Topic)
	case errors.As(err, &theta):
		text = th.Tr("no %s of %q is in force; recompute it first", th.Glyph.Theta, theta.User)
	case errors.As(err, &item) && item.Bank != "":
		text = th.Tr("no calibration of the bank %q knows the item %q", item.Bank, item.Item)
	case errors.As(err, &item):
		text = th.Tr("no calibration knows the item %q", item.Item)
	case errors.As(err, &locked) && locked.Holder != nil:
		text = th.Tr("%s is being run by %s on %s; :run %s shows it", locked.Stage, locked.Holder.Actor, locked.Holder.Host, shortID(locked.Holder.ID))
	case errors.As(err, &locked):
		text = th.Tr("%s is locked by another session", locked.Stage)
	case errors.As(err, &file):
		text = file.Path + ": " + fileWords(th, file.Err)
	case errors.As(err, &link):
		text = link.New + ": " + fileWords(th, link.Err)
	case errors.As(err, &paused):
		text = th.Tr("%s does not run: %s", paused.Stage, th.Told(paused.Why))
	default:
		text = th.Told(text)
	}
	return widget.Clean(text)
}

// fileWords say why a file cannot be read or written, as far as people can help
// it.
func fileWords(th *theme.Theme, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return th.Tr(lang.Sense("file", "permission denied"))
	case errors.Is(err, fs.ErrNotExist):
		return th.Tr(lang.Sense("file", "no such file or directory"))
	case errors.Is(err, fs.ErrExist):
		return th.Tr(lang.Sense("file", "file exists"))
	case errors.Is(err, syscall.EISDIR):
		return th.Tr(lang.Sense("file", "is a directory"))
	case errors.Is(err, syscall.ENOTDIR):
		return th.Tr(lang.Sense("file", "not a directory"))
	case errors.Is(err, syscall.ENOSPC):
		return th.Tr(lang.Sense("file", "no space left on device"))
	case errors.Is(err, syscall.EROFS):
		return th.Tr(lang.Sense("file", "read-only file system"))
	}
	return err.Error()
}

// faultWords say what is wrong with the database, in the server's own words too,
// and what to do about it.
func faultWords(th *theme.Theme, e *db.Error) string {
	text := faultKind(th, e.Kind) + ": " + th.Told(e.Cause())
	if e.Hint != "" {
		text = th.Tr("%s; %s", text, th.Tr(e.Hint))
	}
	return text
}

func faultKind(th *theme.Theme, k db.Kind) string {
	switch k {
	case db.KindConfig:
		return th.Tr("the address of the database cannot be read")
	case db.KindUnreachable:
		return th.Tr("the database cannot be reached")
	case db.KindAuth:
		return th.Tr("the database refuses the login")
	case db.KindNoDatabase:
		return th.Tr("the server has no such database")
	case db.KindNotMigrated:
		return th.Tr("the database's schema is not up to date")
	case db.KindTooNew:
		return th.Tr("the database's schema is newer than this sextant")
	case db.KindPrivilege:
		return th.Tr("the role lacks a right")
	case db.KindReadOnly:
		return th.Tr("the session is read-only")
	case db.KindTransient:
		return th.Tr("the database faltered")
	case db.KindDiskFull:
		return th.Tr("the database server has no space left")
	case db.KindOther:
	}
	return th.Tr("the database refused")
}

// oneLine is an error's text on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
