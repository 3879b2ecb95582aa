// Package migrations embeds the numbered SQL files that create schema sextant
// and complete the published tables. A file is never edited once it has landed.
package migrations

import "embed"

// FS holds the migration files in goose's format.
//
//go:embed *.sql
var FS embed.FS
