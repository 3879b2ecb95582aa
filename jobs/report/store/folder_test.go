package store_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sextant/jobs/report/store"
)

// tree are a folder's files and folders with their permissions.
func tree(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	out := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := e.Info()
		if err == nil {
			name, _ := filepath.Rel(dir, path)
			out[name] = info.Mode()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFolderKeepsPrivateFilesWhole(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "all reports", "weekly") // a name that its keys begin with too
	st := open(t, store.Settings{Dir: dir})
	if err := st.Check(t.Context()); err != nil { // it will be made
		t.Fatal(err)
	}
	put(t, st, store.Object{Key: page.Key, Body: []byte("old and longer than the new one")})
	put(t, st, page)
	link, err := st.Link(t.Context(), page.Key, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := os.ReadFile(link); err != nil || !bytes.Equal(body, page.Body) {
		t.Errorf("stored %q, %v", body, err)
	}
	files := 0
	for name, mode := range tree(t, dir) {
		want := fs.FileMode(0o600)
		if mode.IsDir() {
			want = 0o700 | fs.ModeDir
		} else {
			files++
		}
		if mode != want {
			t.Errorf("%s has mode %v, want %v", name, mode, want)
		}
	}
	if files != 1 {
		t.Errorf("%d files, of one report", files)
	}
	url := st.URL(page.Key)
	if !strings.HasPrefix(url, "file:///") || !strings.HasSuffix(url, "all%20reports/weekly/"+page.Key) {
		t.Errorf("URL is %s", url)
	}
	other, key, err := store.Of(t.Context(), url, store.Settings{})
	if err != nil || key != page.Key {
		t.Fatalf("of its URL: %s, %v", key, err)
	}
	for range 2 {
		if err := other.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if _, err := st.Link(t.Context(), page.Key, time.Hour); err == nil || !strings.Contains(err.Error(), "sextant report generate --force") {
		t.Errorf("a link to what is gone: %v", err)
	}
}

func TestFolderThatCannotBeWrittenToSaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	st := open(t, store.Settings{Dir: file})
	for _, err := range []error{st.Check(t.Context()), st.Put(t.Context(), page)} {
		if err == nil || !strings.Contains(err.Error(), file) || !store.Fails(err) {
			t.Errorf("said %v", err)
		}
	}
	if _, err := store.Open(t.Context(), store.Settings{}); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("without a folder: %v", err)
	}
	for _, url := range []string{"", "https://example.org/weekly/a/b/c", "file://host/weekly/a/b/c", "file:///etc/passwd", "s3:///weekly/a/b/c", "file:///x/weekly/a/b"} {
		if _, _, err := store.Of(t.Context(), url, store.Settings{}); err == nil {
			t.Errorf("%q passes for a stored report", url)
		}
	}
}

// A full disk leaves the old report in its place and nothing beside it.
func TestFullDiskLeavesNothingHalfWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if said, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk takes the right to mount one: %s", said)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	st := open(t, store.Settings{Dir: dir})
	put(t, st, page)
	before := tree(t, dir)
	large := page
	large.Body = bytes.Repeat([]byte("x"), 128<<10)
	err := st.Put(t.Context(), large)
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free space and run again") || !store.Fails(err) {
		t.Errorf("said %v", err)
	}
	if after := tree(t, dir); len(after) != len(before) {
		t.Errorf("left %v", after)
	}
	if body, err := os.ReadFile(filepath.Join(dir, page.Key)); err != nil || !bytes.Equal(body, page.Body) {
		t.Errorf("the old report is %q, %v", body, err)
	}
}

// A key tells nothing of the learner without the secret, and is a path whatever
// the id.
func TestKeyHidesTheLearner(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, user := range []string{"1042", "kim", "../../etc/passwd", "a/b", `<b>"x"`, "👩‍🏫", strings.Repeat("가", 300), "", "kim\x00", "KIM"} {
		key := store.Key([]byte("secret"), user, "2026-11-16", "learner", "ko", "pdf")
		parts := strings.Split(key, "/")
		if len(parts) != 4 || len(parts[2]) != 64 || strings.Trim(parts[2], "0123456789abcdef") != "" || parts[3] != "learner.ko.pdf" {
			t.Errorf("%q: key %s", user, key)
		}
		if was, ok := seen[key]; ok {
			t.Errorf("%q and %q share %s", was, user, key)
		}
		seen[key] = user
		if key == store.Key([]byte("Secret"), user, "2026-11-16", "learner", "ko", "pdf") {
			t.Errorf("%q: the secret does not matter", user)
		}
	}
	// RFC 4231, test case 2.
	if got := store.Key([]byte("Jefe"), "what do ya want for nothing?", "w", "e", "l", "f"); got != "weekly/w/5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843/e.l.f" {
		t.Errorf("HMAC-SHA256 is %s", got)
	}
}
