package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockStart waits until no other process starts, joins, leaves or stops the server.
func (f *folder) lockStart(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(f.dir, "start.lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := f.own(path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	for {
		locked, err := flock(file, syscall.LOCK_EX)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if locked {
			return func() { _ = file.Close() }, nil // closing the only descriptor releases the lock
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, fmt.Errorf("another process is starting or stopping the private PostgreSQL server in %s: %w", f.dir, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// flock tries to take a lock and says whether it got it.
func flock(file *os.File, how int) (bool, error) {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, fmt.Errorf("lock %s: %w", file.Name(), err)
		}
	}
}

// addUser counts this process as a user until removeUser or its end. The caller holds the start
// lock, so that nobody takes the new file for a dead user's before it is locked.
func (f *folder) addUser() (*os.File, error) {
	file, err := os.CreateTemp(f.usersDir(), strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("count as a user of the server: %w", err)
	}
	if err := f.own(file.Name()); err != nil {
		return nil, errors.Join(err, removeUser(file))
	}
	locked, err := flock(file, syscall.LOCK_EX)
	if err == nil && !locked {
		// Inspect looks at the file for an instant; wait for it to look away.
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("count as a user of the server: %w", err), removeUser(file))
	}
	return file, nil
}

// removeUser unlinks the file before it lets go of the lock: a child process between fork and exec
// still shares the lock, but nobody looks for it any more.
func removeUser(file *os.File) error {
	err := os.Remove(file.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, file.Close())
}

// users returns the process ids of the live users, in order; one that joined twice stands there
// twice.
func (f *folder) users() ([]int, error) {
	entries, err := os.ReadDir(f.usersDir())
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("count the users of the server: %w", err)
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(strings.SplitN(entry.Name(), "-", 2)[0])
		if err != nil {
			continue // not a user's file
		}
		live, err := isLocked(filepath.Join(f.usersDir(), entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("count the users of the server: %w", err)
		}
		if live {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// removeDeadUsers sweeps up after processes that ended without leaving. The caller holds the start
// lock.
func (f *folder) removeDeadUsers() error {
	entries, err := os.ReadDir(f.usersDir())
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(f.usersDir(), entry.Name())
		live, err := isLocked(path)
		if err != nil {
			return err
		}
		if !live {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func isLocked(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it left meanwhile
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	free, err := flock(file, syscall.LOCK_SH)
	return !free && err == nil, err
}
