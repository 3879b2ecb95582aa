package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const pingWithin = 5 * time.Second // a monitor that does not answer must not hold up a run

// pinger tells a dead-man monitor, such as healthchecks.io, how a run goes: GET
// URL/start, then URL or URL/fail. What the monitor makes of it is no part of
// the run: a ping that fails is a warning.
type pinger struct {
	url    *url.URL // nil: nobody listens
	log    *slog.Logger
	begun  chan struct{}
	client *http.Client
}

// checkPingURL says what is wrong with a monitor's address, without repeating
// it: whoever knows it can ping.
func checkPingURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return usagef("the ping URL is not of the form https://HOST/PATH")
	}
	return nil
}

// newPinger makes the pinger of a checked address; an empty one pings nobody.
func newPinger(address string, log *slog.Logger) *pinger {
	p := &pinger{log: log, begun: make(chan struct{}), client: &http.Client{Timeout: pingWithin}}
	if address != "" {
		p.url, _ = url.Parse(address) // checked by prepare
	}
	return p
}

// start announces the run while it already works.
func (p *pinger) start(ctx context.Context) {
	go func() {
		defer close(p.begun)
		p.send(ctx, "start")
	}()
}

// end tells the outcome, after the announcement.
func (p *pinger) end(ctx context.Context, failed bool) {
	<-p.begun
	if failed {
		p.send(ctx, "fail")
		return
	}
	p.send(ctx, "")
}

func (p *pinger) send(ctx context.Context, what string) {
	if p.url == nil {
		return
	}
	err := p.get(context.WithoutCancel(ctx), p.address(what)) // a cancelled run is told, too
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address
	}
	if err != nil {
		p.log.Warn("the monitor could not be pinged", "monitor", p.url.Host, "ping", what, "error", err.Error())
	}
}

// address is where what is told: the outcome at the URL as it was given.
func (p *pinger) address(what string) string {
	if what == "" {
		return p.url.String()
	}
	return p.url.JoinPath(what).String()
}

func (p *pinger) get(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}
