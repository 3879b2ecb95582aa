package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestID bounds a line of a file of ids, so that a file of something else is
// an error and not a memory full of it.
const longestID = 1 << 20

// learnerIDs are the learners named as arguments and in a file (- for standard
// input, empty for none), each once: an id a line, blank lines and the blanks,
// carriage returns and byte order mark that editors leave aside.
func (a *app) learnerIDs(args []string, file string) ([]string, error) {
	ids := slices.Clone(args)
	if file != "" {
		read, err := readFile(a, file, readIDs)
		if err != nil {
			return nil, configf("--from-file: %s", err)
		}
		if len(read) == 0 && len(ids) == 0 {
			return nil, configf("--from-file: %s: no id in it; write one a line", file)
		}
		ids = append(ids, read...)
	}
	seen := make(map[string]bool, len(ids))
	ids = slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
	if len(ids) == 0 {
		return nil, usagef("name the learners")
	}
	return ids, nil
}

// readIDs reads an id a line.
func readIDs(in io.Reader) (ids []string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestID)
	for n := 1; lines.Scan(); n++ {
		if !utf8.Valid(lines.Bytes()) || bytes.ContainsRune(lines.Bytes(), 0) {
			return nil, fmt.Errorf("line %d is no text in UTF-8", n)
		}
		if id := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff")); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, lines.Err()
}
