package embedded

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// settingsFile stands in the cluster and is written anew at every start.
const settingsFile = "sextant.conf"

const mib = 1 << 20

// defaultSettings suit a private analytic server that shares a laptop or a small host with others.
// memory is the machine's, in bytes; 0 is unknown.
func defaultSettings(memory uint64) map[string]string {
	buffers := min(max(memory/16, 128*mib), 1024*mib)
	cache := max(memory/2, 512*mib)
	megabytes := func(n uint64) string { return strconv.FormatUint(n/mib, 10) + "MB" }
	s := map[string]string{
		"shared_buffers":                  megabytes(buffers),
		"effective_cache_size":            megabytes(cache),
		"work_mem":                        "32MB",
		"maintenance_work_mem":            "256MB",
		"max_connections":                 "100",
		"max_parallel_workers_per_gather": "2",
		"random_page_cost":                "1.1", // solid-state disks
		"jit":                             "off", // costs more than it gains on statements of milliseconds
		"timezone":                        "UTC",
		"log_timezone":                    "UTC",
		"lc_messages":                     "C",

		// Nobody replicates from this server, so bulk loads into new tables can skip the log.
		"wal_level":       "minimal",
		"max_wal_senders": "0",
		"max_wal_size":    "2GB",

		// Clients are told of their own errors; the log keeps no rows of learners.
		"log_checkpoints":         "off",
		"log_error_verbosity":     "terse",
		"log_min_error_statement": "panic",
	}
	if smallSharedMemory() {
		s["dynamic_shared_memory_type"] = "mmap"
	}
	return s
}

// writeSettings renders the settings where postgresql.conf includes them: what an operator sets with
// ALTER SYSTEM still overrides them.
func (f *folder) writeSettings(overrides map[string]string) error {
	settings := defaultSettings(machineMemory())
	maps.Copy(settings, overrides)
	var b strings.Builder
	b.WriteString("# Written by Sextant at every start; to change a setting for good, use ALTER SYSTEM.\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	if err := f.write(filepath.Join(f.cluster(), settingsFile), b.String()); err != nil {
		return fmt.Errorf("write the server's settings: %w", err)
	}
	return nil
}

// machineMemory is 0 where the system does not tell.
func machineMemory() uint64 {
	switch runtime.GOOS {
	case "linux":
		file, err := os.Open("/proc/meminfo")
		if err != nil {
			return 0
		}
		defer file.Close()
		var kib uint64
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if _, err := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kib); err == nil {
				return kib * 1024
			}
		}
	case "darwin":
		out, err := exec.Command("sysctl", "-n", "hw.memsize").Output()
		if err != nil {
			return 0
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}

// smallSharedMemory says whether /dev/shm is too small for parallel queries, as the 64 MB of a
// container are.
func smallSharedMemory() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err != nil {
		return true // there is none at all
	}
	return st.Blocks*uint64(st.Bsize) < 256*mib
}
