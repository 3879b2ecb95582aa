package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is the real program in a pseudo-terminal, whose output is counted and
// kept.
type terminal struct {
	cmd     *exec.Cmd
	pty     *os.File
	began   time.Time
	mu      sync.Mutex
	output  bytes.Buffer
	written int // bytes so far
	last    time.Time
	arrived chan struct{}
	ended   chan struct{}
}

// openTerminal starts the console on the benchmark's database.
func (b *consoleBench) openTerminal(ctx context.Context, columns, lines uint16) (*terminal, error) {
	pty, tty, err := openPTY(columns, lines)
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	t := &terminal{cmd: exec.CommandContext(ctx, b.options.program), pty: pty, arrived: make(chan struct{}, 1), ended: make(chan struct{})}
	t.cmd.Env = []string{"HOME=" + b.options.data, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "DATABASE_URL=" + b.url}
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = tty, tty, tty
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	t.began = time.Now()
	if err := t.cmd.Start(); err != nil {
		return nil, errors.Join(err, pty.Close())
	}
	go t.read()
	return t, nil
}

// openPTY makes a pseudo-terminal of that size.
func openPTY(columns, lines uint16) (pty, tty *os.File, err error) {
	if pty, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(pty.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, errors.Join(err, pty.Close())
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, errors.Join(err, pty.Close())
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: lines}); err != nil {
		return nil, nil, errors.Join(err, pty.Close())
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, errors.Join(err, pty.Close())
	}
	return pty, tty, nil
}

func (t *terminal) read() {
	defer close(t.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.pty.Read(buf)
		if err != nil {
			return // the console has quit
		}
		t.mu.Lock()
		t.output.Write(buf[:n])
		t.written += n
		t.last = time.Now()
		t.mu.Unlock()
		select {
		case t.arrived <- struct{}{}:
		default:
		}
	}
}

// count is how many bytes have come, and when the last of them did.
func (t *terminal) count() (int, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written, t.last
}

// shown waits until the output since the last look holds all the words, and
// tells when.
func (t *terminal) shown(words ...string) (time.Time, error) {
	deadline := time.After(30 * time.Second)
	for {
		t.mu.Lock()
		text, at := t.output.String(), t.last
		t.mu.Unlock()
		missing := ""
		for _, w := range words {
			if !strings.Contains(text, w) {
				missing = w
			}
		}
		if missing == "" {
			t.forget()
			return at, nil
		}
		select {
		case <-t.arrived:
		case <-t.ended:
			return at, fmt.Errorf("the console ended before it showed %q: %s", missing, text)
		case <-deadline:
			return at, fmt.Errorf("the console never showed %q", missing)
		}
	}
}

// forget lets go of the output so far.
func (t *terminal) forget() {
	t.mu.Lock()
	t.output.Reset()
	t.mu.Unlock()
}

func (t *terminal) press(keys string) error {
	_, err := t.pty.WriteString(keys)
	return err
}

// settled waits until nothing has come for a while.
func (t *terminal) settled(quiet time.Duration) {
	for {
		_, last := t.count()
		if time.Since(last) > quiet {
			return
		}
		time.Sleep(quiet / 10)
	}
}

// close ends the console as a service manager would, and waits until it has.
func (t *terminal) close() error {
	err := t.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { _ = t.cmd.Process.Kill() })
	defer late.Stop()
	_ = t.cmd.Wait() // cancelled is no success
	if status, ok := t.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && err == nil {
		err = fmt.Errorf("the console did not end by itself: %s", t.cmd.ProcessState)
	}
	return errors.Join(err, t.pty.Close())
}

// cpu is the processor time that the console has used.
func (t *terminal) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var user, system int64
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+2:]))
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil // hundredths of a second, on Linux
}

// memory is what the console holds, in bytes.
func (t *terminal) memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var kb int64
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	_, err = fmt.Sscan(after, &kb)
	return kb << 10, err
}
