package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"sextant/tui/lang"
)

// config is the config file. docs/config.md describes it.
type config struct {
	DefaultProfile string             `yaml:"default_profile"`
	Profiles       map[string]profile `yaml:"profiles"`
	Lang           string             `yaml:"lang"`   // the console speaks: en or ko
	Stages         stageSettings      `yaml:"stages"` // of every profile
	Scoring        scoringSettings    `yaml:",inline"`
	Report         reportSettings     `yaml:"report"`

	path string
	text []byte // to find the line of what is wrong
}

// profile is one database and how it is presented. At most one of the three
// database fields is given; with none, it is the private server.
type profile struct {
	Database     string `yaml:"database"`      // a URL without a password
	DatabaseEnv  string `yaml:"database_env"`  // the environment variable that holds the URL
	DatabaseFile string `yaml:"database_file"` // the file that holds the URL
	Environment  string `yaml:"environment"`
	Colour       string `yaml:"colour"`
	ReadOnly     bool   `yaml:"read_only"`
	Launch       string `yaml:"launch"` // what the console launches: process (the default) or queue

	Stages  stageSettings   `yaml:"stages"` // before those of the whole file
	Scoring scoringSettings `yaml:",inline"`
	Report  reportSettings  `yaml:"report"`
}

// Where the runs go that the console launches.
const (
	launchProcess = "process" // a process of their own on this machine
	launchQueue   = "queue"   // the workers
)

var colours = []string{"red", "orange", "yellow", "green", "blue", "purple", "grey"} // the console's badges

// configPath is $XDG_CONFIG_HOME/sextant/config.yaml, or empty without a home.
func configPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "sextant", "config.yaml")
}

// loadConfig reads the config file; one that does not exist is empty.
func loadConfig(path string) (*config, error) {
	if path == "" {
		return &config{}, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &config{path: path}, nil
	}
	if err != nil {
		return nil, configf("config file: %s", err)
	}
	return parseConfig(path, text)
}

// parseConfig is strict: an unknown or doubled key is an error. Errors name the
// file and the line, and never quote a value.
func parseConfig(path string, text []byte) (*config, error) {
	c := &config{path: path, text: text}
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(c)
	var located yaml.Error
	switch {
	case errors.Is(err, io.EOF): // nothing but comments
	case errors.As(err, &located):
		return nil, configf("%s:%d: %s", path, located.GetToken().Position.Line, strings.Join(strings.Fields(located.GetMessage()), " "))
	case err != nil:
		return nil, configf("%s: %s", path, err)
	}
	if _, err := lang.Load(c.Lang); err != nil {
		return nil, c.errorAt([]string{"lang"}, "%s", err)
	}
	if err := c.checkStages([]string{"stages"}, c.Stages); err != nil {
		return nil, err
	}
	if err := c.checkScoring(nil, c.Scoring); err != nil {
		return nil, err
	}
	if err := c.checkReport(nil, c.Report); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Profiles)) {
		if err := c.check(name, c.Profiles[name]); err != nil {
			return nil, err
		}
	}
	if _, ok := c.Profiles[c.DefaultProfile]; !ok && c.DefaultProfile != "" {
		return nil, c.errorAt([]string{"default_profile"}, "there is no profile %q", c.DefaultProfile)
	}
	return c, nil
}

// check says what is wrong with a profile.
func (c *config) check(name string, p profile) error {
	given := 0
	for _, s := range []string{p.Database, p.DatabaseEnv, p.DatabaseFile} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return c.errorAt([]string{"profiles", name}, "give one of database, database_env and database_file")
	case mask(p.Database) != p.Database:
		return c.errorAt([]string{"profiles", name, "database"},
			"a password does not belong here; put the URL into a file or a variable and name it in database_file or database_env")
	case p.Launch != "" && p.Launch != launchProcess && p.Launch != launchQueue:
		return c.errorAt([]string{"profiles", name, "launch"}, "it is %s or %s, not %q", launchProcess, launchQueue, p.Launch)
	case p.Colour != "" && !slices.Contains(colours, p.Colour):
		return c.errorAt([]string{"profiles", name, "colour"}, "unknown colour %q; the colours are %s", p.Colour, strings.Join(colours, ", "))
	}
	if err := c.checkScoring([]string{"profiles", name}, p.Scoring); err != nil {
		return err
	}
	if err := c.checkReport([]string{"profiles", name}, p.Report); err != nil {
		return err
	}
	return c.checkStages([]string{"profiles", name, "stages"}, p.Stages)
}

// errorAt is a usage error with the line of the value at a path of keys.
func (c *config) errorAt(keys []string, format string, args ...any) error {
	b := (&yaml.PathBuilder{}).Root()
	last := len(keys) - 1
	for _, k := range keys[:last] {
		b = b.Child(k)
	}
	where := c.path
	if file, err := parser.ParseBytes(c.text, 0); err == nil {
		if node, err := b.Build().FilterFile(file); err == nil {
			if line := lineOf(node, keys[last]); line > 0 {
				where = fmt.Sprintf("%s:%d", c.path, line)
			}
		}
	}
	return configf("%s: %s: %s", where, strings.Join(keys, "."), fmt.Sprintf(format, args...))
}

// lineOf is the line of a mapping's key, or 0.
func lineOf(node ast.Node, key string) int {
	m, ok := node.(ast.MapNode)
	if !ok {
		return 0
	}
	for it := m.MapRange(); it.Next(); {
		if t := it.Key().GetToken(); t.Value == key {
			return t.Position.Line
		}
	}
	return 0
}

// find gives a profile by name.
func (c *config) find(name string) (profile, error) {
	p, ok := c.Profiles[name]
	switch {
	case ok:
		return p, nil
	case len(c.Profiles) == 0:
		return p, configf("unknown profile %q: %s defines none", name, c.path)
	}
	return p, configf("unknown profile %q; %s defines %s", name, c.path, strings.Join(slices.Sorted(maps.Keys(c.Profiles)), ", "))
}

// url is the profile's database, empty for the private server.
func (p profile) url(getenv func(string) string) (string, error) {
	switch {
	case p.DatabaseEnv != "":
		if u := getenv(p.DatabaseEnv); u != "" {
			return u, nil
		}
		return "", configf("the profile takes its database from %s, which is not set", p.DatabaseEnv)
	case p.DatabaseFile != "":
		text, err := os.ReadFile(p.DatabaseFile)
		if err != nil {
			return "", configf("database_file: %s", err)
		}
		if u := strings.TrimSpace(string(text)); u != "" {
			return u, nil
		}
		return "", configf("database_file %s is empty", p.DatabaseFile)
	}
	return p.Database, nil
}
