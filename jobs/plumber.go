package jobs

import (
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	plumberWithin  = 20 * time.Second // for one answer, unless told otherwise
	plumberLongest = 10 * time.Minute // that may be told
	plumberTries   = 3                // of a request that a service under strain, or a broken line, cost
	plumberPause   = 500 * time.Millisecond
	plumberAtOnce  = 2 // requests; an R process answers one after the other, so that more would only wait
)

const plumberURLEnv = "R_IRT_BASE_URL"

// PlumberSettings are the R scoring service as the config file has it. The
// environment goes before: R_IRT_BASE_URL, R_IRT_TIMEOUT_SECS, R_IRT_INTERNAL_TOKEN.
type PlumberSettings struct {
	URL       string
	Timeout   time.Duration // 0: 20 s
	TokenFile string        // file of the bearer token
}

// plumber is a client of the R scoring service.
type plumber struct {
	base    *url.URL
	token   string
	timeout time.Duration // of one answer
	pause   time.Duration // before the second try
	http    *http.Client
	log     *slog.Logger
	slots   chan struct{}
}

// patience is how long a worker's batch may wait for the service in all.
func (c *plumber) patience() time.Duration { return plumberTries * c.timeout }

// plumber makes the client that the environment and the config file describe.
func (r *Runner) plumber() (*plumber, error) {
	s := r.Plumber
	from := "plumber.url"
	if v := r.Getenv(plumberURLEnv); v != "" {
		s.URL, from = v, plumberURLEnv
	}
	if s.URL == "" {
		return nil, usagef("the plumber scorer needs the address of the R service: set R_IRT_BASE_URL, or plumber.url in the config file")
	}
	base, err := parsePlumberURL(s.URL)
	if err != nil {
		return nil, usagef("%s: %s", from, err)
	}
	if v := r.Getenv("R_IRT_TIMEOUT_SECS"); v != "" {
		seconds, err := strconv.ParseFloat(v, 64)
		if err != nil || !(seconds > 0 && seconds <= plumberLongest.Seconds()) { // no number fails it, too
			return nil, usagef("R_IRT_TIMEOUT_SECS: %q is not a number of seconds above 0 and up to %.0f", v, plumberLongest.Seconds())
		}
		s.Timeout = time.Duration(seconds * float64(time.Second))
	}
	if err := CheckPlumberTimeout(s.Timeout); err != nil {
		return nil, usagef("plumber.timeout: %s", err)
	}
	if s.Timeout == 0 {
		s.Timeout = plumberWithin
	}
	token, err := plumberToken(r.Getenv("R_IRT_INTERNAL_TOKEN"), s.TokenFile)
	if err != nil {
		return nil, err
	}
	return newPlumber(base, token, s.Timeout, r.Log), nil
}

func newPlumber(base *url.URL, token string, timeout time.Duration, log *slog.Logger) *plumber {
	return &plumber{base: base, token: token, timeout: timeout, pause: plumberPause, log: log, slots: make(chan struct{}, plumberAtOnce),
		// A redirected POST would arrive as a GET, or take the token elsewhere.
		http: &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// CheckPlumberURL says what is wrong with the service's address, without
// repeating it: it may hold a secret.
func CheckPlumberURL(text string) error {
	_, err := parsePlumberURL(text)
	return err
}

func parsePlumberURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.RawQuery != "", u.Fragment != "":
		return nil, usagef("the address of the R service is not of the form https://HOST:PORT or https://HOST:PORT/PATH")
	case u.User != nil:
		return nil, usagef("a user or password does not belong into the address; the service takes a token, from R_IRT_INTERNAL_TOKEN or plumber.token_file")
	}
	return u, nil
}

// CheckPlumberTimeout says what is wrong with a time limit; 0 is the usual one.
func CheckPlumberTimeout(d time.Duration) error {
	if d < 0 || d > plumberLongest {
		return usagef("%s is not above 0 and up to %s", d, plumberLongest)
	}
	return nil
}

// plumberToken is the token of the environment, else of the file; none is fine.
func plumberToken(given, file string) (string, error) {
	from := "R_IRT_INTERNAL_TOKEN"
	if given == "" && file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", usagef("plumber.token_file: %s", err)
		}
		if given, from = string(text), "plumber.token_file "+file; strings.TrimSpace(given) == "" {
			return "", usagef("%s is empty", from)
		}
	}
	token := strings.TrimSpace(given)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", usagef("%s holds what no token can: a space, a line's end or a sign beyond ASCII", from)
	}
	return token, nil
}

// scoredBy is a parameter struct that says who estimates θ.
type scoredBy interface{ scoredBy() string }

func (p *ThetaParams) scoredBy() string     { return p.Scorer }
func (p *CalibrateParams) scoredBy() string { return p.Scorer }

// able says what keeps a stage from running here as it is configured.
func (r *Runner) able(stage string) error {
	_, job, err := r.prepare(Request{Stage: stage}, r.Clock().UTC())
	if err != nil {
		return err
	}
	_, err = r.service(job.Params)
	return err
}

// service is the R service where the parameters choose it, else nil.
func (r *Runner) service(params any) (*plumber, error) {
	p, ok := params.(scoredBy)
	if !ok || !strings.EqualFold(p.scoredBy(), ScorerPlumber) {
		return nil, nil
	}
	return r.plumber()
}
