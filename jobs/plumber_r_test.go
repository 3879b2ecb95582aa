package jobs

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"sextant/db/dbtest"
	"sextant/irt"
)

// startR starts the R service of testdata/plumber.R and gives its address. Where
// R or its plumber is not installed the test is skipped, unless $SEXTANT_TEST_R,
// which scripts/test --r sets, says that it must be there.
func startR(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("Rscript", "-e", "library(plumber)").CombinedOutput(); err != nil {
		if os.Getenv("SEXTANT_TEST_R") != "" {
			t.Fatalf("R with plumber: %v\n%s", err, out)
		}
		t.Skip("R with its package plumber is not installed; scripts/test --r installs it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	var said bytes.Buffer
	cmd := exec.Command("Rscript", "testdata/plumber.R", strconv.Itoa(port))
	cmd.Env = append(os.Environ(), "R_IRT_INTERNAL_TOKEN="+plumberSecret)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed below
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	address := "http://127.0.0.1:" + strconv.Itoa(port)
	dbtest.Until(t, "the R service answers", func() bool {
		select {
		case <-ended:
			t.Fatalf("the R service ended: %s", said.String())
		default:
		}
		resp, err := http.Get(address + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return true
	})
	return address
}

// A real R service gives the θ of the definition and, but for the tails that its
// nodes cut off, the engine's.
func TestRealPlumber(t *testing.T) {
	t.Parallel()
	address := startR(t)
	service := plumberAt(t, address)
	if err := service.healthy(t.Context()); err != nil {
		t.Errorf("health: %v", err)
	}
	scoreAgainst(t, service, 60)

	one := &plumberScorer{service: service, names: []string{"101"}, bank: []irt.ItemParams{{A: 1}}, prior: irt.StandardNormal}
	answers := []personAnswers{{items: []int32{0}, correct: []bool{true}, topics: []int32{-1}}}
	stranger := plumberAt(t, address)
	stranger.token = "another"
	one.service = stranger
	if _, err := one.score(t.Context(), answers); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: no such token") {
		t.Errorf("another token: %v", err)
	}
	// R writes what is missing as null, and refuses in the contract's way.
	answer, err := service.post(t.Context(), "irt/score", []byte(`{"item_params":[{"item":"1","a":1,"b":0,"c":0}],"responses":[[1],[7]]}`))
	if err != nil {
		t.Fatal(err)
	}
	abilities, err := service.abilities(answer, 2)
	if err != nil || service.check(abilities[0]) != nil || service.check(abilities[1]) == nil {
		t.Errorf("%s: %+v %v", answer, abilities, err)
	}
	if _, err := service.post(t.Context(), "irt/score", []byte(`{"item_params":[]}`)); err == nil || !strings.Contains(err.Error(), "400 Bad Request: item_params must hold") {
		t.Errorf("no items: %v", err)
	}
}
