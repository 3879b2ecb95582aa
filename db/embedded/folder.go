package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const rootDataDir = "/var/lib/sextant"

// DefaultDataDir is the data folder when none is named: $XDG_DATA_HOME/sextant where that is set,
// else /var/lib/sextant as root (whose home the server's own user could not enter) and
// ~/.local/share/sextant as anyone else.
func DefaultDataDir() (string, error) {
	if xdg := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) { // the XDG standard says to ignore a relative one
		return filepath.Join(xdg, "sextant"), nil
	}
	if os.Geteuid() == 0 {
		return rootDataDir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w; set HOME or XDG_DATA_HOME", err)
	}
	return filepath.Join(home, ".local", "share", "sextant"), nil
}

// folder is a data folder and the user its server runs as.
type folder struct {
	dir     string
	account account
}

func (f *folder) cluster() string   { return filepath.Join(f.dir, "cluster") }
func (f *folder) socketDir() string { return filepath.Join(f.dir, "run") }
func (f *folder) logFile() string   { return filepath.Join(f.dir, "server.log") }
func (f *folder) passFile() string  { return filepath.Join(f.cluster(), "sextant.pgpass") }
func (f *folder) stayFile() string  { return filepath.Join(f.dir, "stay") }
func (f *folder) usersDir() string  { return filepath.Join(f.dir, "users") }

// openFolder makes the data folder where it is missing.
func openFolder(dir string) (*folder, error) {
	dir, err := dataDir(dir)
	if err != nil {
		return nil, err
	}
	if err := makeDataDir(dir); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := inspectFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(f.usersDir(), 0o700); err == nil {
		err = f.own(f.usersDir())
		if err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return f, nil
}

// makeDataDir makes a folder and those above it that are missing. What is there already stays as it
// is.
func makeDataDir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDataDir(filepath.Dir(dir)); err != nil {
		return err
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o755 // the server's own user passes through; what is inside is closed to others
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(dir, mode) // whatever the umask
}

// existingFolder returns nil where there is no data folder yet.
func existingFolder(dir string) (*folder, error) {
	dir, err := dataDir(dir)
	if err != nil {
		return nil, err
	}
	f, err := inspectFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

func dataDir(dir string) (string, error) {
	if dir == "" {
		return DefaultDataDir()
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return abs, nil
}

func inspectFolder(dir string) (*folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if !info.IsDir() {
		return nil, &FolderError{dir, "it is a file: name another folder"}
	}
	uid, gid := owner(info)
	if euid := os.Geteuid(); euid != 0 {
		if uid != uint32(euid) {
			return nil, &FolderError{dir, fmt.Sprintf("it belongs to %s: name a folder of your own", userName(uid))}
		}
		return &folder{dir: dir, account: account{uid: uid, gid: gid}}, nil
	}
	f := &folder{dir: dir}
	// Root serves a folder as the user it belongs to, so that this user can go on with it later.
	if info, err := os.Stat(f.cluster()); err == nil {
		uid, gid = owner(info)
	}
	if uid != 0 {
		f.account = account{uid: uid, gid: gid, drop: true}
	} else if f.account, err = serviceAccount(); err != nil {
		return nil, err
	}
	if wall := f.account.blockedBy(dir); wall != "" {
		return nil, &FolderError{dir, fmt.Sprintf("the server runs as user %s, who may not enter %s: run `chmod o+x %s`, or name another folder",
			userName(f.account.uid), wall, wall)}
	}
	return f, nil
}

// own gives a file that was just made to the user the server runs as.
func (f *folder) own(path string) error {
	if !f.account.drop {
		return nil
	}
	if err := os.Chown(path, int(f.account.uid), int(f.account.gid)); err != nil {
		return fmt.Errorf("hand over to user %s: %w", userName(f.account.uid), err)
	}
	return nil
}

// write replaces a file of the server's in one step.
func (f *folder) write(path, content string) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(content), 0o600); err != nil {
		return err
	}
	if err := f.own(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func (f *folder) stays() bool {
	_, err := os.Stat(f.stayFile())
	return err == nil
}

func (f *folder) setStay(stay bool) error {
	if stay {
		return f.write(f.stayFile(), "")
	}
	if err := os.Remove(f.stayFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// account is the operating-system user the server runs as. PostgreSQL refuses to run as root.
type account struct {
	uid, gid uint32
	drop     bool // this process is root and must drop its privileges
}

func serviceAccount() (account, error) {
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue // the next one may exist
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{uid: uint32(uid), gid: uint32(gid), drop: true}, nil
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: run `useradd --system postgres`, or run sextant as another user")
}

// process puts a child in a session of its own, so that Ctrl-C in this process's terminal does not
// reach it, and drops root's privileges.
func (a account) process() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// blockedBy returns the outermost folder on the way to dir, dir included, that the account may not
// enter; "" when it may enter all.
func (a account) blockedBy(dir string) string {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	if parent := filepath.Dir(dir); parent != dir {
		if wall := a.blockedBy(parent); wall != "" {
			return wall
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return dir
	}
	enter := fs.FileMode(0o001)
	switch uid, gid := owner(info); {
	case uid == a.uid:
		enter = 0o100
	case gid == a.gid:
		enter = 0o010
	}
	if info.Mode().Perm()&enter == 0 {
		return dir
	}
	return ""
}

func owner(info fs.FileInfo) (uid, gid uint32) {
	st := info.Sys().(*syscall.Stat_t)
	return st.Uid, st.Gid
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
