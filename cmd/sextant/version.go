package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"sextant/db"
)

// buildInfo is what `sextant version --json` prints.
type buildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	Schema  int64  `json:"schema"` // version of schema sextant it works with
}

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version, the commit, Go's and the schema's", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runVersion(a) },
	}
}

func runVersion(a *app) error {
	b := buildInfo{Version: a.version, Commit: a.commit, Go: runtime.Version(), Schema: db.WantedSchema()}
	if a.global.json {
		return a.writeJSON(b)
	}
	fmt.Fprintf(a.out, "sextant %s", b.Version)
	if b.Commit != "" {
		fmt.Fprintf(a.out, " (%s)", b.Commit)
	}
	fmt.Fprintf(a.out, ", %s, schema %d\n", b.Go, b.Schema)
	return nil
}
