package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/google/uuid"

	"sextant/db"
)

// runReader gives runs, as Console does.
type runReader interface {
	Run(ctx context.Context, id uuid.UUID, after int64) (RunDetail, error)
}

// SaveLog writes the whole log of a run to a new file, which it never takes the
// place of another, and returns how many lines that was.
func SaveLog(ctx context.Context, c runReader, id uuid.UUID, path string) (lines int, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("%s exists already: choose another name", path)
	}
	if err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path)) // half a log would pass for a whole one
		}
	}()
	w := bufio.NewWriter(f)
	for after := int64(0); ; {
		d, err := c.Run(ctx, id, after)
		if err != nil {
			return lines, err
		}
		if len(d.Events) == 0 {
			return lines, w.Flush()
		}
		for _, e := range d.Events {
			if err := writeEvent(w, e); err != nil {
				return lines, err
			}
			lines, after = lines+1, max(after, e.Seq)
		}
	}
}

// writeEvent writes a line of a log as `sextant runs logs` prints it.
func writeEvent(w io.Writer, e db.RunEvent) error {
	if _, err := fmt.Fprintf(w, "%s %-5s %s", e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Level, e.Message); err != nil {
		return err
	}
	fields, err := ReadFields(e.Attrs)
	if err != nil {
		return err // the database holds nothing but objects
	}
	for _, f := range fields {
		if _, err := fmt.Fprintf(w, " %s=%s", f.Name, f.Quoted()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(w)
	return err
}
