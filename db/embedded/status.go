package embedded

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Status is what Inspect finds out about the server of a data folder.
type Status struct {
	Running       bool   `json:"running"`
	PID           int    `json:"pid,omitempty"` // also of a server that is still starting, recovering or stopping
	URL           string `json:"url,omitempty"`
	DataDir       string `json:"data_dir"`
	LogFile       string `json:"log_file"`
	ServerVersion string `json:"server_version,omitempty"` // of a stopped server's cluster the major version alone
	Users         []int  `json:"users"`                    // process ids
	Stay          bool   `json:"stay"`
}

// Inspect tells whether the server runs, without starting it or waiting for one that starts.
func Inspect(ctx context.Context, opts Options) (Status, error) {
	f, err := existingFolder(opts.DataDir)
	if err != nil {
		return Status{}, err
	}
	if f == nil {
		dir, err := dataDir(opts.DataDir)
		if err != nil {
			return Status{}, err
		}
		f = &folder{dir: dir}
	}
	return f.status(ctx)
}

func (f *folder) status(ctx context.Context) (Status, error) {
	s := Status{DataDir: f.dir, LogFile: f.logFile(), Stay: f.stays(), Users: []int{}}
	users, err := f.users()
	if err != nil {
		return Status{}, err
	}
	s.Users = append(s.Users, users...)
	major, err := f.clusterMajor()
	if err != nil {
		return Status{}, err
	}
	if major != 0 {
		s.ServerVersion = strconv.Itoa(major)
	}
	pm, alive := f.running()
	if !alive {
		return s, nil
	}
	s.PID = pm.pid
	if s.URL = f.url(pm); s.URL == "" {
		return s, nil // it has only just been started
	}
	conn, err := connect(ctx, s.URL)
	if isBusy(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("%w (%w): see %s", ErrNotReady, err, f.logFile())
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, "SHOW server_version", pgx.QueryExecModeSimpleProtocol).Scan(&s.ServerVersion); err != nil {
		return s, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	s.Running = true
	return s, nil
}
