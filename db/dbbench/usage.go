package dbbench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what the server's processes have used.
type Usage struct {
	CPU    time.Duration
	Memory int64 // the most that they held at a time beside the shared buffers, bytes
}

// Watch measures the server until stop is called. It reads /proc, so it tells
// nothing outside Linux.
func (s *Server) Watch(ctx context.Context) (stop func() Usage) {
	ctx, cancel := context.WithCancel(ctx)
	before := s.cpu()
	peak := make(chan int64, 1)
	go func() {
		var most int64
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			var now int64
			for _, pid := range s.backends() {
				now += anonymous(pid)
			}
			most = max(most, now)
			select {
			case <-ctx.Done():
				peak <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() Usage {
		cancel()
		return Usage{CPU: s.cpu() - before, Memory: <-peak}
	}
}

// cpu is the time of the postmaster, its children and those that have ended.
func (s *Server) cpu() time.Duration {
	total := ticks(s.pid, true)
	for _, pid := range s.backends() {
		total += ticks(pid, false)
	}
	return time.Duration(total) * (time.Second / 100)
}

// ProcessCPU is the time that a running process has used so far.
func ProcessCPU(pid int) time.Duration { return time.Duration(ticks(pid, false)) * (time.Second / 100) }

func (s *Server) backends() []int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.pid, s.pid))
	if err != nil {
		return nil
	}
	var pids []int
	for _, f := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// ticks reads utime and stime of /proc/PID/stat, and those of ended children.
func ticks(pid int, children bool) (n int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(text, []byte(") ")) // the name may hold blanks
	fields := strings.Fields(string(after))
	if len(fields) < 15 {
		return 0
	}
	of := fields[11:13]
	if children {
		of = fields[11:15]
	}
	for _, f := range of {
		v, _ := strconv.ParseInt(f, 10, 64)
		n += v
	}
	return n
}

// anonymous is the memory that a process has to itself.
func anonymous(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0 // it has ended
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kb); err == nil {
			return kb << 10
		}
	}
	return 0
}

func postmasterPID(dataDirectory string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dataDirectory, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}
