package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNoBinaries(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	f := &folder{dir: t.TempDir()}
	_, searched := f.choose(t.Context(), []string{empty, filepath.Join(empty, "absent")}, "")
	_, named := Locate(t.Context(), Options{DataDir: newFolder(t), BinDir: empty})
	for name, tc := range map[string]struct {
		err  error
		says string
	}{
		"after a search":    {searched, "no PostgreSQL server found in PATH or the usual folders"},
		"in a named folder": {named, "in " + empty},
	} {
		var missing *NoBinariesError
		if !errors.As(tc.err, &missing) || !strings.Contains(tc.err.Error(), tc.says) {
			t.Errorf("%s: %v, want a NoBinariesError that says %q", name, tc.err, tc.says)
			continue
		}
		if !strings.Contains(tc.err.Error(), "install") || !strings.Contains(tc.err.Error(), "DATABASE_URL") {
			t.Errorf("%s: %q does not say what to do", name, tc.err)
		}
		oneLine(t, tc.err)
	}
}

// fakeServer is a program that answers --version as a PostgreSQL server does.
func fakeServer(t *testing.T, script string) string {
	t.Helper()
	dir := newFolder(t)
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChooseFitsTheCluster(t *testing.T) {
	t.Parallel()
	v17 := fakeServer(t, `echo "postgres (PostgreSQL) 17.4 (Homebrew)"`)
	v14 := fakeServer(t, `echo "postgres (PostgreSQL) 14.11"`)
	beta := fakeServer(t, `echo "postgres (PostgreSQL) 19beta1"`)
	v12 := fakeServer(t, `echo "postgres (PostgreSQL) 12.1"`)
	broken := fakeServer(t, `echo "libssl.so.1.1: cannot open shared object file" >&2; exit 127`)

	for name, tc := range map[string]struct {
		cluster string // its PG_VERSION, "" for none
		places  []string
		want    Binaries
		fails   string
	}{
		"no cluster takes the first":   {"", []string{v17, v14}, Binaries{v17, "17.4", 17}, ""},
		"cluster takes its own":        {"14", []string{v17, v14}, Binaries{v14, "14.11", 14}, ""},
		"beta":                         {"", []string{beta}, Binaries{beta, "19beta1", 19}, ""},
		"broken ones are passed over":  {"", []string{broken, v12, v14}, Binaries{v14, "14.11", 14}, ""},
		"only a broken one":            {"", []string{broken}, Binaries{}, "libssl.so.1.1: cannot open"},
		"only one too old":             {"", []string{v12}, Binaries{}, "older than 13"},
		"cluster without its own":      {"15", []string{v17, v14}, Binaries{}, "install PostgreSQL 15"},
		"the same folder is one place": {"15", []string{v17, v17}, Binaries{}, "found is 17.4 in " + v17 + ": install"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &folder{dir: t.TempDir()}
			if tc.cluster != "" {
				if err := os.Mkdir(f.cluster(), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(f.cluster(), "PG_VERSION"), []byte(tc.cluster+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := f.choose(t.Context(), tc.places, "")
			if tc.fails == "" && (err != nil || got != tc.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tc.want)
			}
			if tc.fails != "" && (err == nil || !strings.Contains(err.Error(), tc.fails)) {
				t.Errorf("got %+v, %v; want an error that says %q", got, err, tc.fails)
			}
		})
	}
}

func TestPlacesAreInOrder(t *testing.T) {
	t.Parallel()
	f := &folder{dir: t.TempDir()}
	for _, version := range []string{"9.0.0", "17.10.0-beta.17", "17.9.0-beta.16"} {
		if err := os.MkdirAll(filepath.Join(f.dir, "postgres", version, "native", "bin"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got := f.places("/first:/second")
	if !slices.Equal(got[:2], []string{"/first", "/second"}) {
		t.Errorf("places begin with %v, want those of PATH", got[:2])
	}
	var bundles []string
	for _, place := range got {
		if rest, ok := strings.CutPrefix(place, f.dir); ok {
			bundles = append(bundles, strings.Split(rest, "/")[2])
		}
	}
	if want := []string{"17.10.0-beta.17", "17.9.0-beta.16", "9.0.0"}; !slices.Equal(bundles, want) {
		t.Errorf("unpacked bundles in the order %v, want the newest first: %v", bundles, want)
	}
}

// scripts/bootstrap must not install what this package would have found, nor the other way round.
func TestBootstrapLooksInTheSamePlaces(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../scripts/bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(script), "postgres_places=\"\n")
	list, _, ended := strings.Cut(list, "\n\"")
	if !found || !ended {
		t.Fatal("scripts/bootstrap has no list postgres_places")
	}
	if got := strings.Split(list, "\n"); !slices.Equal(got, installFolders) {
		t.Errorf("scripts/bootstrap looks in %v, this package in %v", got, installFolders)
	}
}
