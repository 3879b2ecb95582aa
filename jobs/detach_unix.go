//go:build unix

package jobs

import "syscall"

// detached puts a child in a session of its own, out of the terminal's reach.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
