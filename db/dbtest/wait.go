package dbtest

import (
	"testing"
	"time"
)

// Until waits for a condition, at most 30 s, and fails the test when it does
// not come true.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting for %s", what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks, not instead of one
	}
}
