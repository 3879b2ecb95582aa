package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sextant/jobs/irtfile"
)

const engineData = "../../irt/testdata/"

// irtCommand runs `sextant irt …` and returns what it printed.
func irtCommand(t *testing.T, in string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{in: strings.NewReader(in), out: &stdout, errOut: &stderr, clock: time.Now,
		getenv: func(string) string { return "" }, environ: func() []string { return nil }}
	code = a.execute(t.Context(), append([]string{"irt"}, args...))
	return code, stdout.String(), stderr.String()
}

func irtJSON[T any](t *testing.T, args ...string) T {
	t.Helper()
	code, out, errOut := irtCommand(t, "", append(args, "--json")...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var v T
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t *testing.T, what string, got float64, want string, tol float64) {
	t.Helper()
	x, err := strconv.ParseFloat(want, 64)
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(got-x) <= tol) {
		t.Errorf("%s = %.9g, want %s ± %g", what, got, want, tol)
	}
}

func tableOf(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(engineData + name)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(bytes.NewReader(data))
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		in = csv.NewReader(z)
	}
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestIRTFitAgreesWithReference(t *testing.T) {
	c := irtJSON[irtfile.Calibration](t, "fit", "--responses", engineData+"a_2000x40.csv.gz", "--model", "2pl", "--se")
	if !c.Converged || c.Persons != 2000 || c.Answers != 80000 || len(c.Items) != 40 || len(c.Dropped) != 0 {
		t.Errorf("%+v", c)
	}
	for i, row := range tableOf(t, "a_2000x40_mirt_2PL_items.csv") {
		item := c.Items[i]
		if item.ID != row[0] || item.SEA == nil || item.SEB == nil || item.SEC != nil {
			t.Errorf("item %+v, want %s with standard errors of a and b", item, row[0])
		}
		near(t, "a of "+row[0], item.A, row[1], 1e-3)
		near(t, "b of "+row[0], item.B, row[3], 1e-3)
	}
}

func TestIRTScoreAgreesWithReference(t *testing.T) {
	scores := irtJSON[[]irtfile.Score](t, "score", "--items", engineData+"a_2000x40_mirt_2PL_items.csv", "--responses", engineData+"a_2000x40.csv.gz")
	for i, row := range tableOf(t, "a_2000x40_mirt_2PL_eap.csv.gz") {
		if scores[i].UserID != row[0] || scores[i].N != 40 {
			t.Errorf("score %d is %+v, want person %s with 40 answers", i, scores[i], row[0])
		}
		near(t, "θ of person "+row[0], scores[i].Theta, row[1], 1e-6)
		near(t, "SE of person "+row[0], scores[i].SE, row[2], 1e-6)
	}
}

// What simulate draws, fit recovers and score finds again.
func TestIRTCommandsWorkTogether(t *testing.T) {
	dir := t.TempDir()
	answers, truth, items := filepath.Join(dir, "answers.csv.gz"), filepath.Join(dir, "truth.csv"), filepath.Join(dir, "items.json")
	code, out, errOut := irtCommand(t, "", "simulate", "--items", engineData+"a_2000x40_items_true.csv", "--persons", "3000",
		"--missing", "0.3", "--form", "long", "--output", answers, "--abilities", truth)
	if code != exitDone || out != "" {
		t.Fatalf("simulate: exit %d: %s%s", code, out, errOut)
	}
	code, out, errOut = irtCommand(t, "", "fit", "--responses", answers, "--model", "3pl", "--prior-c=-3,0.5", "--prior-a", "0,0.5", "--fit", "--json")
	if code != exitDone {
		t.Fatalf("fit: exit %d: %s", code, errOut)
	}
	if err := os.WriteFile(items, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"eap", "map", "wle"} {
		scores := irtJSON[[]irtfile.Score](t, "score", "--items", items, "--responses", answers, "--method", method)
		var covered int
		rows := strings.Split(strings.TrimSpace(readText(t, truth)), "\n")[1:]
		for i, row := range rows {
			theta, err := strconv.ParseFloat(strings.Split(row, ",")[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(scores[i].Theta-theta) < 2*scores[i].SE {
				covered++
			}
		}
		if share := float64(covered) / float64(len(rows)); share < 0.92 {
			t.Errorf("%s: the true θ is within 2 SE of %.1f %% of persons", method, 100*share)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestIRTPrintsTables(t *testing.T) {
	code, out, _ := irtCommand(t, "q1,q2,q3\n1,1,0\n0,1,1\n1,1,1\n0,1,0\n1,1,0\n", "fit", "--responses", "-", "--model", "rasch")
	if code != exitDone || !strings.Contains(out, "set aside: no variation") || !strings.Contains(out, "rasch: 5 persons, 10 answers") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

func TestIRTSaysWhatIsWrong(t *testing.T) {
	const bank = engineData + "a_2000x40_items_true.csv"
	for name, test := range map[string]struct {
		in   string
		args []string
		code int
		says string
	}{
		"no file named":   {"", []string{"fit"}, exitUsage, "--responses is missing"},
		"no such file":    {"", []string{"fit", "--responses", "nowhere.csv"}, exitFailed, "nowhere.csv"},
		"unknown model":   {"", []string{"fit", "--responses", "-", "--model", "4pl"}, exitUsage, "use rasch, 1pl, 2pl or 3pl"},
		"prior of a word": {"", []string{"fit", "--responses", "-", "--prior-c", "a,b"}, exitUsage, "MEAN,SD"},
		"prior for 2pl":   {"q,r\n1,0\n0,1\n", []string{"fit", "--responses", "-", "--prior-c", "-1,1"}, exitUsage, "needs the model 3pl"},
		"two nodes":       {"", []string{"fit", "--responses", "-", "--nodes", "2"}, exitUsage, "2 nodes"},
		"no variation":    {"q\n1\n", []string{"fit", "--responses", "-"}, exitFailed, "no item can be calibrated"},
		"bad verdict":     {"q\n1\n7\n", []string{"fit", "--responses", "-"}, exitFailed, "line 3, column 1"},
		"no convergence": {"q,r,s\n1,0,1\n0,1,0\n1,1,0\n0,0,1\n1,1,1\n0,0,0\n1,0,0\n", []string{"fit", "--responses", "-", "--max-cycles", "2"},
			exitFailed, "did not converge"},
		"unknown item":   {"I001,new\n1,0\n", []string{"score", "--items", bank, "--responses", "-"}, exitFailed, `no parameters for "new"`},
		"unknown method": {"I001\n1\n", []string{"score", "--items", bank, "--responses", "-", "--method", "ml"}, exitUsage, "eap, map or wle"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errOut := irtCommand(t, test.in, test.args...)
			if code != test.code || !strings.Contains(errOut, test.says) {
				t.Errorf("exit %d, want %d: %s, want …%s…", code, test.code, errOut, test.says)
			}
		})
	}
	if code, _, errOut := irtCommand(t, "I001,new\n1,0\n", "score", "--items", bank, "--responses", "-", "--ignore-unknown"); code != exitDone {
		t.Errorf("--ignore-unknown: exit %d: %s", code, errOut)
	}
}
