package main

import (
	"bytes"
	"log/slog"
	"testing"
)

// A line's numbers are written for people; as JSON they stay as they are.
func TestLogNumbersAreLegible(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"text": `msg=fitted log_likelihood=-4732.9378 bytes=20333618`,
		"json": `"msg":"fitted","log_likelihood":-4732.937835991246,"bytes":20333618`,
	} {
		var out bytes.Buffer
		a := &app{}
		a.global.logFormat = format
		a.loggerTo(&out, slog.LevelInfo).Info("fitted", "log_likelihood", -4732.937835991246, "bytes", 20333618)
		if !bytes.Contains(out.Bytes(), []byte(want)) {
			t.Errorf("%s: %s", format, &out)
		}
	}
}
