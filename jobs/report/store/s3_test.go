package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sextant/jobs/report/store"
	"sextant/jobs/report/store/storetest"
)

var page = store.Object{Key: "weekly/2026-11-16/0a1b/learner.ko.html", Body: []byte("<!doctype html>한글"), ContentType: "text/html; charset=utf-8"}

func open(t *testing.T, s store.Settings) store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func put(t *testing.T, st store.Store, o store.Object) {
	t.Helper()
	if err := st.Put(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// get fetches what a link leads to.
func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestS3KeepsAnObjectPrivateAndGivesSignedLinks(t *testing.T) {
	t.Parallel()
	g := storetest.Start(t)
	st := open(t, g.Settings())
	if err := st.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, st, store.Object{Key: page.Key, Body: []byte("old and longer than the new one"), ContentType: page.ContentType})
	put(t, st, page)
	if got := st.URL(page.Key); got != "s3://reports/"+page.Key {
		t.Errorf("URL is %s", got)
	}
	if resp, body := get(t, g.Endpoint()+"/reports/"+page.Key); resp.StatusCode != http.StatusForbidden {
		t.Errorf("without a signature: %d %s", resp.StatusCode, body)
	}
	link, err := st.Link(t.Context(), page.Key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, link)
	if resp.StatusCode != http.StatusOK || body != string(page.Body) {
		t.Errorf("by its link: %d %q", resp.StatusCode, body)
	}
	for header, want := range map[string]string{"Content-Type": page.ContentType, "Content-Disposition": "inline", "Cache-Control": "private, no-cache"} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if resp, _ := get(t, strings.Replace(link, "learner", "teacher", 1)); resp.StatusCode != http.StatusForbidden {
		t.Errorf("the link of one opens another: %d", resp.StatusCode)
	}
	other, key, err := store.Of(t.Context(), st.URL(page.Key), g.Settings())
	if err != nil || key != page.Key {
		t.Fatalf("of its URL: %s, %v", key, err)
	}
	for range 2 { // what is gone is gone
		if err := other.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if files := g.Files(); len(files) != 0 {
		t.Errorf("left: %v", files)
	}
}

// A link runs out.
func TestSignedLinkRunsOut(t *testing.T) {
	t.Parallel()
	st := open(t, storetest.Start(t).Settings())
	put(t, st, page)
	link, err := st.Link(t.Context(), page.Key, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if resp, _ := get(t, link); resp.StatusCode == http.StatusForbidden {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("it never did")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestS3SaysWhatToDo(t *testing.T) {
	t.Parallel()
	g := storetest.Start(t)
	for _, c := range []struct {
		name string
		set  func(*store.S3Settings)
		says string
	}{
		{"no bucket", func(s *store.S3Settings) { s.Bucket = "elsewhere" }, "there is no such bucket: create it, or correct --s3-bucket"},
		{"a wrong secret", func(s *store.S3Settings) { s.Getenv = env(storetest.Access, "wrong") }, "refuses these credentials (SignatureDoesNotMatch)"},
		{"an unknown user", func(s *store.S3Settings) { s.Getenv = env("nobody", "wrong") }, "refuses these credentials (InvalidAccessKeyId)"},
		{"another region", func(s *store.S3Settings) { s.Region = "eu-west-1" }, "the bucket is in another region"},
		{"nothing there", func(s *store.S3Settings) { s.Endpoint = "http://127.0.0.1:1" }, "cannot be reached (connect: connection refused)"},
		{"no such name", func(s *store.S3Settings) { s.Endpoint = "http://s3.invalid" }, "the name s3.invalid is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := g.Settings()
			s.S3.Tries = 1
			c.set(&s.S3)
			err := open(t, s).Put(t.Context(), page)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
				t.Errorf("said %v", err)
			}
			if !store.Fails(err) {
				t.Errorf("%v would not meet the others", err)
			}
		})
	}
}

func env(access, secret string) func(string) string {
	return func(name string) string {
		return map[string]string{"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}[name]
	}
}

// What reaches the service: the checksum, the encryption asked for, no word on
// who may read; and again where it says that it is busy.
func TestS3PutSendsChecksumAndEncryption(t *testing.T) {
	t.Parallel()
	var tries []http.Header
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		tries, bodies = append(tries, r.Header), append(bodies, r.Method+" "+r.URL.Path+" "+string(body))
		if len(tries) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	st := open(t, store.Settings{S3: store.S3Settings{Bucket: "reports", Region: "us-east-1", Endpoint: server.URL, PathStyle: true,
		SSE: "aws:kms", SSEKey: "key-1", Getenv: env("a", "b")}})
	put(t, st, page)
	sum := sha256.Sum256(page.Body)
	for i, h := range tries {
		for name, want := range map[string]string{
			"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(sum[:]), "X-Amz-Server-Side-Encryption": "aws:kms",
			"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key-1", "X-Amz-Acl": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("try %d: %s is %q, want %q", i+1, name, got, want)
			}
		}
		if want := "PUT /reports/" + page.Key + " " + string(page.Body); bodies[i] != want {
			t.Errorf("try %d: %q, want %q", i+1, bodies[i], want)
		}
	}
	if len(tries) != 3 {
		t.Errorf("tried %d times, want 3", len(tries))
	}
}

// A server that takes the connection and says nothing.
func TestS3ThatStallsIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tries := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			tries <- struct{}{}
		}
	}()
	s := store.Settings{S3: store.S3Settings{Bucket: "reports", Region: "us-east-1", Endpoint: "http://" + l.Addr().String(), PathStyle: true,
		Getenv: env("a", "b"), Timeout: 50 * time.Millisecond, Tries: 2}}
	err = open(t, s).Put(t.Context(), page)
	if err == nil || !strings.Contains(err.Error(), "did not answer within 50ms, 2 times") {
		t.Errorf("said %v", err)
	}
	if len(tries) != 2 {
		t.Errorf("tried %d times", len(tries))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, s).Put(ctx, page); !errors.Is(err, context.Canceled) || store.Fails(err) {
		t.Errorf("cancelled, it said %v", err)
	}
}
