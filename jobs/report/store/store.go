// Package store keeps rendered reports: in a folder, or with S3 and whatever
// speaks it. Objects are private, and their names tell nothing of whose they are.
package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Object is a rendered report.
type Object struct {
	Key         string
	Body        []byte
	ContentType string
}

// Checksum is the SHA-256 of the object, in hex.
func (o Object) Checksum() string {
	sum := sha256.Sum256(o.Body)
	return hex.EncodeToString(sum[:])
}

// Store keeps objects. It is safe for concurrent use.
type Store interface {
	// Put stores an object whole or not at all, in place of one of the same key.
	Put(ctx context.Context, o Object) error
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, key string) error
	// URL names an object for good: file://… or s3://….
	URL(key string) string
	// Link is where an object can be opened now, for some time: a path, or a URL
	// that carries the right to read it.
	Link(ctx context.Context, key string, within time.Duration) (string, error)
	// Signs reports whether links carry a right that runs out.
	Signs() bool
	// Check says what is wrong with the store. It writes nothing.
	Check(ctx context.Context) error
	// String names the store for people.
	String() string
}

// Error says why a store did not do what it was asked, and what to do about it.
type Error struct {
	Store string
	What  string
	Down  bool // the fault would meet every other object too
	Err   error
}

func (e *Error) Error() string { return e.Store + ": " + e.What }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fails reports whether an error is the store's and would meet every object.
func Fails(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Down
}

// Settings say where reports are kept: with S3 when there is a bucket, else in
// the folder.
type Settings struct {
	Dir string
	S3  S3Settings
}

// Open gives the store of the settings.
func Open(ctx context.Context, s Settings) (Store, error) {
	if s.S3.Bucket != "" {
		return openS3(ctx, s.S3)
	}
	return openFolder(s.Dir)
}

// Of gives the store that an object's URL names and its key there; the settings
// say how that store is reached.
func Of(ctx context.Context, address string, s Settings) (Store, string, error) {
	u, err := url.Parse(address)
	if err == nil {
		switch key, ok := keyIn(u.Path); {
		case !ok:
		case u.Scheme == "file" && u.Host == "":
			st, err := openFolder(filepath.FromSlash(strings.TrimSuffix(u.Path, "/"+key)))
			return st, key, err
		case u.Scheme == "s3" && u.Host != "":
			s.S3.Bucket = u.Host
			st, err := openS3(ctx, s.S3)
			return st, key, err
		}
	}
	return nil, "", fmt.Errorf("%s is no report that Sextant stored", address)
}

const keyRoot = "weekly/"

// keyIn is the key at the end of a path.
func keyIn(path string) (string, bool) {
	at := strings.LastIndex("/"+path, "/"+keyRoot)
	if at < 0 {
		return "", false
	}
	return path[at:], strings.Count(path[at:], "/") == 3
}

// Key names the object of a learner's report: weekly/WEEK/LEARNER/EDITION.LANG.FORMAT.
// The learner stands in it as an HMAC-SHA256 under the installation's secret, so
// that an id can neither be read from it nor guessed.
func Key(secret []byte, user, week, edition, lang, format string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(user))
	return fmt.Sprintf("%s%s/%s/%s.%s.%s", keyRoot, week, hex.EncodeToString(mac.Sum(nil)), edition, lang, format)
}

// NewSecret makes a secret for an installation.
func NewSecret() ([]byte, error) {
	secret := make([]byte, sha256.Size)
	_, err := rand.Read(secret)
	return secret, err
}

// Cache deletes objects by their URLs, wherever they are, and opens each store
// once. It is safe for concurrent use.
type Cache struct {
	Settings Settings

	mu   sync.Mutex
	open map[string]Store
}

// Delete removes the object of a URL.
func (c *Cache) Delete(ctx context.Context, address string) error {
	c.mu.Lock()
	st, key, err := c.of(ctx, address)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return st.Delete(ctx, key)
}

func (c *Cache) of(ctx context.Context, address string) (Store, string, error) {
	key, ok := keyIn(address)
	root := strings.TrimSuffix(address, key)
	if st := c.open[root]; ok && st != nil {
		return st, key, nil
	}
	st, key, err := Of(ctx, address, c.Settings)
	if err != nil {
		return nil, "", err
	}
	if c.open == nil {
		c.open = map[string]Store{}
	}
	c.open[root] = st
	return st, key, nil
}
