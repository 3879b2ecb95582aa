package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// folder keeps objects as files that their owner alone can read.
type folder struct{ dir string }

func openFolder(dir string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("no folder for the reports: give --out DIR, or --s3-bucket (S3_BUCKET)")
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the reports' folder: %w", err)
	}
	return &folder{whole}, nil
}

func (f *folder) String() string { return f.dir }

func (f *folder) path(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

// Put writes a temporary file beside the place, has it on the disk, and renames
// it: a reader sees the old report or the new one, and a crash leaves either.
func (f *folder) Put(ctx context.Context, o Object) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	place := f.path(o.Key)
	dir := filepath.Dir(place)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return f.fails(err)
	}
	temp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return f.fails(err)
	}
	_, err = temp.Write(o.Body)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), place)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // the reason stands in err
		return f.fails(err)
	}
	return f.sync(dir)
}

// sync has a folder's own entries on the disk.
func (f *folder) sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return f.fails(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) { // not every file system can
		return f.fails(err)
	}
	return nil
}

// Delete removes a file, and the folders that it leaves empty.
func (f *folder) Delete(_ context.Context, key string) error {
	place := f.path(key)
	if err := os.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.fails(err)
	}
	for dir := filepath.Dir(place); len(dir) > len(f.dir); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // it holds others, or is gone
			break
		}
	}
	return nil
}

// URL is the file's.
func (f *folder) URL(key string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(f.path(key))}).String()
}

// Link is the file's path.
func (f *folder) Link(_ context.Context, key string, _ time.Duration) (string, error) {
	place := f.path(key)
	if _, err := os.Stat(place); err != nil {
		return "", f.fails(err)
	}
	return place, nil
}

// Signs is false: a path is good for as long as the file is.
func (f *folder) Signs() bool { return false }

// Check looks whether the folder, or the nearest one above it that is there, can
// be written to.
func (f *folder) Check(context.Context) error {
	for dir := f.dir; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir):
			continue
		case err != nil:
			return f.fails(err)
		case !info.IsDir():
			return f.fails(fmt.Errorf("%s is no folder", dir))
		}
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
			return f.fails(&fs.PathError{Op: "write to", Path: dir, Err: err})
		}
		return nil
	}
}

// fails words what is wrong with the folder.
func (f *folder) fails(err error) error {
	e := &Error{Store: "reports in " + f.dir, What: err.Error(), Down: true, Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.What = "the disk is full; free space and run again: nothing is half-written, and what is stored stays"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.What = fmt.Sprintf("not to be written to (%s); make it writable for this user, or give another with --out", rootCause(err))
	case errors.Is(err, fs.ErrNotExist):
		e.Down = false
		e.What = fmt.Sprintf("%s; make the report again with 'sextant report generate --force'", rootCause(err))
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EEXIST):
		e.What = fmt.Sprintf("%s; give a folder with --out", rootCause(err))
	}
	return e
}

// rootCause is what the system said, without what was tried.
func rootCause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Path + ": " + path.Err.Error()
	}
	return err.Error()
}
