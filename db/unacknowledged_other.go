//go:build !linux

package db

import "syscall"

// boundUnacknowledged leaves the patience of other systems as it is.
func boundUnacknowledged(string, string, syscall.RawConn) error { return nil }
