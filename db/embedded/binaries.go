package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minMajor is the oldest major version of PostgreSQL that Sextant runs on.
const minMajor = 13

// Binaries are the server programs of one PostgreSQL installation.
type Binaries struct {
	Dir     string `json:"dir"`
	Version string `json:"version"` // such as 17.4
	Major   int    `json:"major"`
}

// installFolders are the usual places of server programs, as globs; of each the newest version comes
// first.
var installFolders = []string{
	"/usr/lib/postgresql/*/bin",                       // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                // PGDG on RHEL and Fedora
	"/usr/lib/postgresql*/bin",                        // openSUSE
	"/usr/libexec/postgresql*",                        // Alpine
	"/opt/homebrew/opt/postgresql@*/bin",              // Homebrew on Apple silicon
	"/usr/local/opt/postgresql@*/bin",                 // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin", // Homebrew on Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/Library/PostgreSQL/*/bin",
	"/opt/local/lib/postgresql*/bin", // MacPorts
	"/usr/local/pgsql/bin",           // built from source
}

// Locate finds the server programs that the data folder's cluster needs: in opts.BinDir, or else in
// PATH, in the usual install folders, newest version first, and in the bundle that scripts/bootstrap
// unpacks into postgres/ of the data folder or of the default data folder.
func Locate(ctx context.Context, opts Options) (Binaries, error) {
	f, err := existingFolder(opts.DataDir)
	if err != nil {
		return Binaries{}, err
	}
	if f == nil {
		dir, err := dataDir(opts.DataDir)
		if err != nil {
			return Binaries{}, err
		}
		f = &folder{dir: dir}
		if os.Geteuid() == 0 {
			if f.account, err = serviceAccount(); err != nil {
				return Binaries{}, err
			}
		}
	}
	return f.locate(ctx, opts.BinDir)
}

func (f *folder) locate(ctx context.Context, binDir string) (Binaries, error) {
	if binDir != "" {
		return f.choose(ctx, []string{binDir}, binDir)
	}
	return f.choose(ctx, f.places(os.Getenv("PATH")), "")
}

// places lists the folders to look in, best first.
func (f *folder) places(path string) []string {
	places := filepath.SplitList(path)
	globs := slices.Clone(installFolders)
	globs = append(globs, filepath.Join(f.dir, "postgres", "*", "native", "bin"))
	if dir, err := DefaultDataDir(); err == nil && dir != f.dir {
		globs = append(globs, filepath.Join(dir, "postgres", "*", "native", "bin"))
	}
	for _, glob := range globs {
		found, _ := filepath.Glob(glob) // its one error is a malformed pattern: a folder name with [ in it matches nothing
		slices.SortFunc(found, newestFirst)
		places = append(places, found...)
	}
	return places
}

var numbers = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	version := func(path string) (v []int) {
		for _, n := range numbers.FindAllString(path, -1) {
			i, _ := strconv.Atoi(n) // digits only: its one error is an absurd length, which sorts as the largest
			v = append(v, i)
		}
		return v
	}
	return cmp.Or(slices.Compare(version(b), version(a)), strings.Compare(a, b))
}

// choose takes the first usable programs that fit the cluster; any will do where there is none yet.
func (f *folder) choose(ctx context.Context, places []string, named string) (Binaries, error) {
	clusterMajor, err := f.clusterMajor()
	if err != nil {
		return Binaries{}, err
	}
	var misfits []Binaries
	var unusable []string
	seen := map[string]bool{}
	for _, place := range places {
		dir, ok := serverDir(place)
		if !ok || seen[dir] {
			continue
		}
		seen[dir] = true
		bin, err := f.probe(ctx, dir)
		switch {
		case ctx.Err() != nil:
			return Binaries{}, ctx.Err()
		case err != nil:
			unusable = append(unusable, err.Error())
		case clusterMajor == 0 || bin.Major == clusterMajor:
			return bin, nil
		default:
			misfits = append(misfits, bin)
		}
	}
	if len(misfits) > 0 {
		return Binaries{}, &VersionMismatchError{ClusterDir: f.cluster(), ClusterMajor: clusterMajor, Found: misfits}
	}
	return Binaries{}, &NoBinariesError{Dir: named, Unusable: unusable}
}

// serverDir follows links, since a postgres in PATH may be one into an installation's own folder.
func serverDir(place string) (string, bool) {
	postgres, err := filepath.EvalSymlinks(filepath.Join(place, "postgres"))
	if err != nil {
		return "", false
	}
	dir := filepath.Dir(postgres)
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return "", false
	}
	return dir, true
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^ \n]*)`)

// probe asks the program for its version, as the user that will run it: one that user may not
// execute, or that lacks a library, is of no use.
func (f *folder) probe(ctx context.Context, dir string) (Binaries, error) {
	out, err := f.command(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return Binaries{}, fmt.Errorf("%s does not run: %s", filepath.Join(dir, "postgres"), lastLine(string(out)))
		}
		return Binaries{}, fmt.Errorf("%s does not run: %w", filepath.Join(dir, "postgres"), err)
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return Binaries{}, fmt.Errorf("%s does not tell its version", filepath.Join(dir, "postgres"))
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return Binaries{}, fmt.Errorf("version of %s: %w", dir, err)
	}
	if major < minMajor {
		return Binaries{}, fmt.Errorf("%s is version %s, older than %d", dir, m[1], minMajor)
	}
	return Binaries{Dir: dir, Version: m[1], Major: major}, nil
}

// command prepares a server program to run as the server's user, out of reach of the caller's
// locale and PG* variables.
func (f *folder) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/" // the caller's own folder may be closed to the server's user
	cmd.SysProcAttr = f.account.process()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	// With TZ set, initdb need not compare the system's zone with every zone it knows.
	cmd.Env = append(cmd.Env, "LC_ALL=C", "TZ=UTC")
	return cmd
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
