package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sextant/irt"
)

const plumberSecret = "s3cret-token"

// plumberAt is a client that does not dawdle between its tries.
func plumberAt(t *testing.T, address string) *plumber {
	t.Helper()
	base, err := parsePlumberURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := newPlumber(base, plumberSecret, 5*time.Second, slog.New(slog.DiscardHandler))
	c.pause = time.Millisecond
	return c
}

// someBank is a bank of 40 items and learners who answered some of three topics.
func someBank(n int) (names []string, bank []irt.ItemParams, persons []personAnswers) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		names = append(names, fmt.Sprint(101+i))
		bank = append(bank, irt.ItemParams{A: 0.5 + 1.5*r.Float64(), B: -2 + 4*r.Float64(), C: []float64{0, 0.2}[i%2]})
	}
	for p := range n {
		one := personAnswers{user: fmt.Sprint("learner ", p)}
		theta := r.NormFloat64()
		for i := range bank {
			if topic := int32(i % 4); r.IntN(3) > 0 && int(topic) <= p%5 {
				one.items = append(one.items, int32(i))
				one.correct = append(one.correct, r.Float64() < bank[i].Prob(theta))
				one.topics = append(one.topics, topic-1) // -1: none
			}
		}
		persons = append(persons, one)
	}
	return names, bank, persons
}

// naively is what the contract and the topics' prior give a learner.
func naively(bank []irt.ItemParams, p personAnswers, population irt.Normal) scored {
	of := func(p personAnswers) map[int]bool {
		v := map[int]bool{}
		for i, it := range p.items {
			v[int(it)] = p.correct[i]
		}
		return v
	}
	out := scored{overall: NaiveEAP(bank, of(p), population)}
	for _, t := range p.topicsOf() {
		in, rest := p.split(t)
		prior := population
		if len(rest.items) > 0 {
			prior = irt.Normal{Mean: NaiveEAP(bank, of(rest), population).Theta, SD: TopicSD * population.SD}
		}
		out.topics = append(out.topics, topicScore{topic: t, ability: NaiveEAP(bank, of(in), prior), answers: len(in.items)})
	}
	return out
}

// agree requires the same θ and SE within a tolerance, overall and by topic.
func agree(t *testing.T, what string, got, want []scored, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d learners, want %d", what, len(got), len(want))
	}
	off := func(a, b irt.Ability) bool {
		return !(math.Abs(a.Theta-b.Theta) <= tolerance && math.Abs(a.SE-b.SE) <= tolerance)
	}
	for i, w := range want {
		g := got[i]
		if g.err != nil || off(g.overall, w.overall) || len(g.topics) != len(w.topics) {
			t.Errorf("%s, learner %d: %+v, want %+v", what, i, g, w)
			continue
		}
		for k := range w.topics {
			if g.topics[k].topic != w.topics[k].topic || g.topics[k].answers != w.topics[k].answers || off(g.topics[k].ability, w.topics[k].ability) {
				t.Errorf("%s, learner %d: topic %+v, want %+v", what, i, g.topics[k], w.topics[k])
			}
		}
	}
}

// scoreAgainst compares a service's scores with the definition and with the engine.
func scoreAgainst(t *testing.T, service *plumber, learners int) {
	t.Helper()
	names, bank, persons := someBank(learners)
	population := irt.Normal{Mean: 0.7, SD: 1.4} // linked: not the service's own
	s, err := newScorer(service, names, bank, population)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.score(t.Context(), persons)
	if err != nil {
		t.Fatal(err)
	}
	own, err := newScorer(nil, names, bank, population)
	if err != nil {
		t.Fatal(err)
	}
	engines, err := own.score(t.Context(), persons)
	if err != nil {
		t.Fatal(err)
	}
	var naive []scored
	for _, p := range persons {
		naive = append(naive, naively(bank, p, population))
	}
	agree(t, "by the definition", got, naive, 1e-6)
	agree(t, "by the engine", got, engines, 0.01) // whose nodes reach further than ±4 SD, into the tails of extreme learners
}

// Priors other than N(0, 1), the population's and each topic's, make the journey
// there and back, over several requests.
func TestPlumberScoresAsDefined(t *testing.T) {
	t.Parallel()
	naive, requests := NaivePlumber(nil), atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+plumberSecret {
			t.Errorf("Authorization: %q", r.Header.Get("Authorization"))
		}
		requests.Add(1)
		naive.ServeHTTP(w, r)
	}))
	defer server.Close()
	scoreAgainst(t, plumberAt(t, server.URL+"/"), 250)
	if n := requests.Load(); n < 4 || n > 40 {
		t.Errorf("%d requests for 250 learners", n)
	}
}

// A request stays within its bounds, its items are those of its rows, and no two
// have one name.
func TestPlumberRequestsAreBounded(t *testing.T) {
	t.Parallel()
	names, bank, persons := someBank(5000)
	s := &plumberScorer{names: names, bank: bank, prior: irt.StandardNormal}
	var rows []plumberRow
	for i, p := range persons {
		if len(p.items) > 0 {
			rows = append(rows, plumberRow{p.items, p.correct, irt.Normal{Mean: float64(i%300) / 100, SD: 1}})
		}
	}
	for left := rows; len(left) > 0; {
		q, n := s.request(left)
		if n < 1 || n > plumberRows || n*len(q.Items) > plumberCells || n != len(q.Responses) {
			t.Fatalf("%d rows of %d items", n, len(q.Items))
		}
		seen := map[string]bool{}
		for _, it := range q.Items {
			if seen[it.Item] {
				t.Fatalf("item %s stands there twice", it.Item)
			}
			seen[it.Item] = true
		}
		left = left[n:]
	}
	q, _ := s.request([]plumberRow{{[]int32{3, 1}, []bool{true, false}, irt.Normal{Mean: 1, SD: 2}}, {[]int32{1}, []bool{true}, irt.Normal{Mean: 1, SD: 2}}})
	got, err := json.Marshal(q.Responses)
	if want := `[[1,0],[null,1]]`; err != nil || string(got) != want {
		t.Errorf("responses %s, want %s (%v)", got, want, err)
	}
}

// Each way in which a service can fail is told in one line, is tried again where
// that can help, and is the learner's or the service's own.
func TestPlumberFailures(t *testing.T) {
	t.Parallel()
	const good = `{"status":"ok","abilities":[{"theta":0.31,"se":0.42}]}`
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string // empty: θ is given
		down   bool
		tries  int32
	}{
		"plain":             {answer(200, good), "", false, 1},
		"boxed":             {answer(200, `{"status":["ok"],"abilities":[{"theta":[0.31],"se":[0.42]}]}`), "", false, 1},
		"null":              {answer(200, `{"status":"ok","abilities":[{"theta":null,"se":null}]}`), "gave no θ: theta null, se null", false, 1},
		"NA":                {answer(200, `{"status":"ok","abilities":[{"theta":["NA"],"se":[0.4]}]}`), "gave no θ: theta NA, se 0.4", false, 1},
		"NaN":               {answer(200, `{"status":"ok","abilities":[{"theta":"NaN","se":"Inf"}]}`), "theta NaN, se Inf", false, 1},
		"no certainty":      {answer(200, `{"status":"ok","abilities":[{"theta":0.3,"se":0}]}`), "gave no θ: theta 0.3, se 0", false, 1},
		"a field lacks":     {answer(200, `{"status":"ok","abilities":[{"theta":0.3}]}`), "se missing", false, 1},
		"another scale":     {answer(200, `{"status":"ok","abilities":[{"theta":512,"se":100}]}`), "a θ of 512, outside its nodes", false, 1},
		"too few":           {answer(200, `{"status":"ok","abilities":[]}`), "answered with 0 θs for 1 row", true, 1},
		"too many":          {answer(200, `{"status":"ok","abilities":[{"theta":1,"se":1},{"theta":1,"se":1}]}`), "answered with 2 θs for 1 row", true, 1},
		"not ok":            {answer(200, `{"status":["error"],"error":["singular"]}`), `answered with status "error", not "ok": singular`, false, 1},
		"another JSON":      {answer(200, `{"hello":"world"}`), `answered with status ""`, true, 1},
		"a list":            {answer(200, `[1, 2]`), "answered with other JSON", true, 1},
		"HTML":              {answer(200, "<html>\n<body>Welcome</body>"), `something else than JSON ("<html> <body>Welcome</body>")`, true, 1},
		"half an answer":    {answer(200, good[:30]), "something else than JSON", true, 1},
		"empty":             {answer(200, ""), "something else than JSON", true, 1},
		"endless":           {answer(200, strings.Repeat(" ", plumberAnswer+2)), "sent more than 4 MB", true, 1},
		"refused":           {answer(400, `{"error":["a must be\npositive"]}`), "answered 400 Bad Request: a must be positive", false, 1},
		"unprocessable":     {answer(422, `{"error":"no items"}`), "answered 422 Unprocessable Entity: no items", false, 1},
		"wrong token":       {answer(401, `{"error":"bad token `+plumberSecret+`"}`), "401 Unauthorized: bad token ***; check R_IRT_INTERNAL_TOKEN", true, 1},
		"forbidden":         {answer(403, ``), "answered 403 Forbidden; check R_IRT_INTERNAL_TOKEN", true, 1},
		"wrong address":     {answer(404, `{"error":"404 - Resource Not Found"}`), "404 - Resource Not Found; check R_IRT_BASE_URL", true, 1},
		"moved":             {http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP, "307 Temporary Redirect; give R_IRT_BASE_URL", true, 1},
		"busy":              {answer(429, `{"error":"slow down"}`), "answered 429 Too Many Requests: slow down", true, 3},
		"crashed":           {answer(500, `{"error":"500 - Internal server error","message":"x"}`), "answered 500 Internal Server Error: 500 - Internal server error", true, 3},
		"a proxy's page":    {answer(502, "<html>Bad Gateway"), "answered 502 Bad Gateway", true, 3},
		"broken off":        {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "cannot be reached: EOF", true, 3},
		"long and unclean":  {answer(400, `{"error":"`+strings.Repeat(`\u001b[31mé`, 100)+`"}`), "…", false, 1},
		"an error's object": {answer(400, `{"error":{"code":7}}`), `{"code":7}`, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tries.Add(1)
				c.answer(w, r)
			}))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.Start()
			defer server.Close()
			s := &plumberScorer{service: plumberAt(t, server.URL), names: []string{"101"}, bank: []irt.ItemParams{{A: 1}}, prior: irt.Normal{Mean: 1, SD: 2}}
			got, err := s.score(t.Context(), []personAnswers{{items: []int32{0}, correct: []bool{true}, topics: []int32{-1}}})
			if n := tries.Load(); n != c.tries {
				t.Errorf("%d tries, want %d", n, c.tries)
			}
			if err == nil {
				err = got[0].err
			} else if !c.down {
				t.Errorf("all learners fail: %v", err)
			}
			if c.want == "" {
				if err != nil || math.Abs(got[0].overall.Theta-1.62) > 1e-12 || math.Abs(got[0].overall.SE-0.84) > 1e-12 {
					t.Errorf("%+v %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), server.URL) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if _, down := serviceFails(err); down != c.down {
				t.Errorf("the service fails: %t, want %t", down, c.down)
			}
			if text := err.Error(); strings.Contains(text, plumberSecret) || strings.ContainsAny(text, "\n\x1b") || len(text) > 500 {
				t.Errorf("unfit for a line: %q", text)
			}
		})
	}
}

// What does not answer in time is not asked again at once; nobody answering is
// told as such; and whoever waits can be called off.
func TestPlumberWithoutAnswer(t *testing.T) {
	t.Parallel()
	asked, tries := make(chan struct{}, 9), atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client go
		tries.Add(1)
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	c := plumberAt(t, server.URL)
	c.timeout = 50 * time.Millisecond
	c.http.Timeout = c.timeout
	_, err := c.post(t.Context(), "irt/score", nil)
	if e, down := serviceFails(err); !down || !strings.Contains(e.Error(), "did not answer within 50ms; raise R_IRT_TIMEOUT_SECS") || tries.Load() != 1 {
		t.Errorf("%v after %d tries", err, tries.Load())
	}
	<-asked
	c = plumberAt(t, server.URL)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err = c.post(ctx, "irt/score", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	server.Close()
	_, err = plumberAt(t, server.URL).post(t.Context(), "irt/score", nil)
	if e, down := serviceFails(err); !down || !strings.Contains(e.Error(), "connection refused; check that it runs") {
		t.Errorf("%v", err)
	}
}

// A service that falters once is asked again, after the time that it asks for.
func TestPlumberTriesAgain(t *testing.T) {
	t.Parallel()
	naive, tries := NaivePlumber(nil), atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) < plumberTries {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		naive.ServeHTTP(w, r)
	}))
	defer server.Close()
	scoreAgainst(t, plumberAt(t, server.URL), 3)
}

// A request that is refused costs the learners on whom it fails, and no others.
func TestPlumberRefusalIsTheLearners(t *testing.T) {
	t.Parallel()
	names, bank, persons := someBank(30)
	persons = append(persons, personAnswers{user: "refused", items: []int32{0, 39}, correct: []bool{true, true}, topics: []int32{0, 1}})
	for i := range persons[:30] { // nobody else has answered the last item
		persons[i] = persons[i].only(append(make([]bool, 0, 40), truths(39)...))
	}
	for name, poison := range map[string]any{"4xx": http.StatusUnprocessableEntity, "null": map[string]any{"theta": nil, "se": nil}} {
		server := httptest.NewServer(NaivePlumber(map[string]any{"140": poison}))
		defer server.Close()
		s := &plumberScorer{service: plumberAt(t, server.URL), names: names, bank: bank, prior: irt.StandardNormal}
		got, err := s.score(t.Context(), persons)
		if err != nil || len(got) != len(persons) {
			t.Fatalf("%s: %d of %d: %v", name, len(got), len(persons), err)
		}
		for i, sc := range got {
			if (sc.err != nil) != (persons[i].user == "refused") {
				t.Errorf("%s: %s: %v", name, persons[i].user, sc.err)
			}
		}
	}
}

// truths are n times true and then false.
func truths(n int) []bool {
	out := make([]bool, n+1)
	for i := range n {
		out[i] = true
	}
	return out
}

// The environment goes before the config file, and what makes no sense is told
// with the name of where it stands, without the secret.
func TestPlumberSettings(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const address = "http://r.example.org:8000/api"
	for name, c := range map[string]struct {
		config PlumberSettings
		env    map[string]string
		want   string // the error; empty: the client below
		client string
	}{
		"config":          {PlumberSettings{URL: address, Timeout: time.Minute, TokenFile: file("abc\n")}, nil, "", address + " 1m0s abc"},
		"environment":     {PlumberSettings{URL: "http://else", Timeout: time.Minute, TokenFile: "/none"}, map[string]string{"R_IRT_BASE_URL": address, "R_IRT_TIMEOUT_SECS": "2.5", "R_IRT_INTERNAL_TOKEN": "xyz"}, "", address + " 2.5s xyz"},
		"neither":         {PlumberSettings{}, map[string]string{"R_IRT_BASE_URL": address}, "", address + " 20s "},
		"no address":      {PlumberSettings{}, nil, "needs the address of the R service: set R_IRT_BASE_URL", ""},
		"no URL":          {PlumberSettings{}, map[string]string{"R_IRT_BASE_URL": "r.example.org:8000"}, "R_IRT_BASE_URL: the address of the R service is not of the form", ""},
		"unreadable URL":  {PlumberSettings{URL: "http://r:abc"}, nil, "plumber.url: the address", ""},
		"a query":         {PlumberSettings{URL: address + "?a=b"}, nil, "plumber.url: the address", ""},
		"a password":      {PlumberSettings{}, map[string]string{"R_IRT_BASE_URL": "http://u:secret@r"}, "R_IRT_BASE_URL: a user or password does not belong into the address", ""},
		"no time":         {PlumberSettings{URL: address}, map[string]string{"R_IRT_TIMEOUT_SECS": "soon"}, `R_IRT_TIMEOUT_SECS: "soon" is not a number of seconds`, ""},
		"NaN":             {PlumberSettings{URL: address}, map[string]string{"R_IRT_TIMEOUT_SECS": "NaN"}, "R_IRT_TIMEOUT_SECS", ""},
		"zero":            {PlumberSettings{URL: address}, map[string]string{"R_IRT_TIMEOUT_SECS": "0"}, "R_IRT_TIMEOUT_SECS", ""},
		"an hour":         {PlumberSettings{URL: address, Timeout: time.Hour}, nil, "plumber.timeout: 1h0m0s is not above 0", ""},
		"no token file":   {PlumberSettings{URL: address, TokenFile: "/nowhere/token"}, nil, "plumber.token_file: open /nowhere/token: no such file", ""},
		"an empty token":  {PlumberSettings{URL: address, TokenFile: file(" \n")}, nil, "is empty", ""},
		"a torn token":    {PlumberSettings{URL: address, TokenFile: file("secret\nsecret")}, nil, "holds what no token can", ""},
		"a foreign token": {PlumberSettings{URL: address}, map[string]string{"R_IRT_INTERNAL_TOKEN": "secretö"}, "R_IRT_INTERNAL_TOKEN holds what no token can", ""},
	} {
		r := &Runner{Plumber: c.config, Getenv: func(k string) string { return c.env[k] }, Log: slog.New(slog.DiscardHandler)}
		got, err := r.service(&ThetaParams{Scorer: "Plumber"})
		switch {
		case c.want != "":
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			if text := fmt.Sprint(got.base, " ", got.timeout, " ", got.token); text != c.client {
				t.Errorf("%s: %s, want %s", name, text, c.client)
			}
		}
		if none, err := r.service(&ThetaParams{Scorer: ScorerEngine}); none != nil || err != nil {
			t.Errorf("%s: the engine asks %v, %v", name, none, err)
		}
	}
}
