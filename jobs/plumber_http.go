package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	plumberAnswer = 4 << 20         // bytes of an answer: some forty a learner of a full request, with room
	plumberQuote  = 200             // bytes of the service's own words that an error repeats
	plumberLatest = 5 * time.Second // that a Retry-After is heeded
)

// PlumberError says why the R service gave no θ.
type PlumberError struct {
	Service string // its address
	Status  int    // of HTTP; 0 without an answer
	What    string
	Down    bool // the fault would meet every learner; else it is of those asked about

	again bool          // another try may help
	after time.Duration // that the service asked to wait before it
}

func (e *PlumberError) Error() string {
	return fmt.Sprintf("the R service at %s %s", e.Service, e.What)
}

// crashed reports whether the service failed while it worked on an answer, which
// is of the learners asked about or of the service: R says 500 to both.
func (e *PlumberError) crashed() bool { return e.Status == http.StatusInternalServerError }

// serviceFails gives the error of an R service that would meet every learner.
func serviceFails(err error) (*PlumberError, bool) {
	var e *PlumberError
	return e, errors.As(err, &e) && e.Down
}

func (c *plumber) fails(down bool, format string, args ...any) *PlumberError {
	return &PlumberError{Service: c.base.String(), What: fmt.Sprintf(format, args...), Down: down}
}

// post sends a request until it is answered, three times at most, and gives the
// answer.
func (c *plumber) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	pause := c.pause
	for try := 1; ; try++ {
		answer, fail := c.once(ctx, http.MethodPost, path, body)
		switch {
		case fail == nil:
			return answer, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !fail.again || try == plumberTries:
			return nil, fail
		}
		wait := max(pause, fail.after)
		c.log.Warn("the R service faltered; trying again", "attempt", try, "after", wait.String(), "error", fail.Error())
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wait):
			pause *= 3
		}
	}
}

// once sends a request and reads the answer.
func (c *plumber) once(ctx context.Context, method, path string, body []byte) ([]byte, *PlumberError) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, c.fails(true, "cannot be asked: %s", err)
	}
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.broken(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, plumberAnswer+1))
	switch {
	case err != nil:
		return nil, c.broken(err)
	case resp.StatusCode/100 != 2:
		return nil, c.refused(resp, answer)
	case len(answer) > plumberAnswer:
		return nil, c.fails(true, "sent more than %d MB for an answer", plumberAnswer>>20)
	}
	return answer, nil
}

// broken is a line that brought no answer. One that ran out of time is not
// tried again at once: R may still be at work on it.
func (c *plumber) broken(err error) *PlumberError {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return c.fails(true, "did not answer within %s; raise R_IRT_TIMEOUT_SECS if it needs longer", c.timeout)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which stands before it
	}
	e := c.fails(true, "cannot be reached: %s; check that it runs and R_IRT_BASE_URL", c.quote(err.Error()))
	e.again = true
	return e
}

// refused is an answer that says no.
func (c *plumber) refused(resp *http.Response, answer []byte) *PlumberError {
	e := c.fails(true, "answered %s", c.quote(resp.Status))
	e.Status = resp.StatusCode
	if said := c.quote(saidIn(answer)); said != "" {
		e.What += ": " + said
	}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests, s >= 500:
		e.again = true
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
			e.after = min(time.Duration(n)*time.Second, plumberLatest)
		}
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.What += "; check R_IRT_INTERNAL_TOKEN or plumber.token_file"
	case s/100 == 3:
		e.What += "; give R_IRT_BASE_URL the address that it leads to"
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed:
		e.What += "; check R_IRT_BASE_URL"
	case s == http.StatusProxyAuthRequired, s == http.StatusRequestTimeout:
	default:
		e.Down = false
	}
	return e
}

// quote makes what others said fit for our one line, and never repeats the token.
func (c *plumber) quote(s string) string {
	if c.token != "" {
		s = strings.ReplaceAll(s, c.token, "***")
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > plumberQuote {
		s = strings.ToValidUTF8(s[:plumberQuote], "") + "…"
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	return s
}

// healthy asks the service how it is, once.
func (c *plumber) healthy(ctx context.Context) error {
	if _, fail := c.once(ctx, http.MethodGet, "healthz", nil); fail != nil {
		return fail
	}
	return nil
}
