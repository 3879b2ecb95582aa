// Package storetest runs a real S3 server for tests: versitygw on a folder of
// the test's own.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"sextant/jobs/report/store"
)

// Gateway is an S3 server on loopback with one empty bucket.
type Gateway struct {
	t       testing.TB
	program string
	dir     string
	address string
	server  *exec.Cmd
	said    *bytes.Buffer
}

// What the server knows; its region is not the one that the SDK would guess.
const (
	Bucket = "reports"
	Region = "ap-northeast-2"
	Access = "sextant-test"
	Secret = "not a secret"
)

// Start starts a server, and stops it with the test. Without the program the
// test is skipped, unless SEXTANT_TEST_S3 says that it must be there, as
// scripts/test, which builds it, does.
func Start(t testing.TB) *Gateway {
	t.Helper()
	g := &Gateway{t: t, program: program(t), dir: t.TempDir(), address: freeAddress(t)}
	for _, d := range []string{"root/" + Bucket, "iam", "meta"} {
		if err := os.MkdirAll(filepath.Join(g.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(g.Stop)
	g.Restart()
	return g
}

func program(t testing.TB) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	built := filepath.Join(filepath.Dir(file), "../../../../.cache/bin/versitygw")
	if _, err := os.Stat(built); err == nil {
		return built
	}
	if p, err := exec.LookPath("versitygw"); err == nil {
		return p
	}
	if os.Getenv("SEXTANT_TEST_S3") != "" {
		t.Fatal("versitygw is missing; scripts/test builds it")
	}
	t.Skip("versitygw is missing; scripts/test builds it")
	return ""
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Restart starts the server again, at the same address, and waits until it
// answers.
func (g *Gateway) Restart() {
	g.t.Helper()
	g.Stop()
	g.said = &bytes.Buffer{}
	g.server = exec.Command(g.program, "--port", g.address, "--access", Access, "--secret", Secret, "--region", Region, "--quiet",
		"--health", "/healthz", "--iam-dir", filepath.Join(g.dir, "iam"), "posix", "--sidecar", filepath.Join(g.dir, "meta"), filepath.Join(g.dir, "root"))
	g.server.Stdout, g.server.Stderr = g.said, g.said
	if err := g.server.Start(); err != nil {
		g.t.Fatal(err)
	}
	ended := make(chan struct{})
	server := g.server
	go func() { _ = server.Wait(); close(ended) }()
	for {
		resp, err := http.Get(g.Endpoint() + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-ended:
			g.t.Fatalf("versitygw ended: %s", g.said)
		case <-g.t.Context().Done():
			g.t.Fatal(context.Cause(g.t.Context()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop kills the server, whatever it is at.
func (g *Gateway) Stop() {
	if g.server == nil {
		return
	}
	_ = g.server.Process.Kill() // it may be gone
	g.server = nil
	for { // until nothing answers there any more
		conn, err := net.DialTimeout("tcp", g.address, time.Second)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// Endpoint is the server's address.
func (g *Gateway) Endpoint() string { return "http://" + g.address }

// Address is its host and port.
func (g *Gateway) Address() string { return g.address }

// Settings are a store in the bucket.
func (g *Gateway) Settings() store.Settings {
	env := g.Environ()
	return store.Settings{S3: store.S3Settings{Bucket: Bucket, Region: Region, Endpoint: g.Endpoint(), PathStyle: true, Timeout: 5 * time.Second,
		Getenv: func(name string) string { return env[name] }}}
}

// Environ are the variables that lead there.
func (g *Gateway) Environ() map[string]string {
	return map[string]string{"AWS_ACCESS_KEY_ID": Access, "AWS_SECRET_ACCESS_KEY": Secret, "S3_BUCKET": Bucket, "AWS_REGION": Region,
		"AWS_ENDPOINT_URL_S3": g.Endpoint(), "S3_PATH_STYLE": "true"}
}

// Files are the objects' keys, as the server has them on its disk.
func (g *Gateway) Files() (keys []string) {
	g.t.Helper()
	root := filepath.Join(g.dir, "root", Bucket)
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		keys = append(keys, filepath.ToSlash(key))
		return err
	})
	if err != nil {
		g.t.Fatal(fmt.Errorf("list the bucket: %w", err))
	}
	return keys
}
