package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"sextant/jobs"
	"sextant/tui"
)

// console as a model alone, with its commands run as Bubble Tea runs them.
type loop struct {
	model tea.Model
	msgs  chan tea.Msg
	ctx   context.Context
	times []time.Duration // of Update and View, by key
}

func newLoop(ctx context.Context, s jobs.Console, w, h int) *loop {
	l := &loop{model: tui.New(ctx, tui.Options{Console: s, Background: tui.Dark}), msgs: make(chan tea.Msg, 1024), ctx: ctx}
	l.do(l.model.Init())
	l.take(tea.WindowSizeMsg{Width: w, Height: h})
	return l
}

// do runs a command.
func (l *loop) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				l.do(c)
			}
		default:
			select {
			case l.msgs <- msg:
			case <-l.ctx.Done():
			}
		}
	}()
}

func (l *loop) take(msg tea.Msg) {
	model, cmd := l.model.Update(msg)
	l.model = model
	l.do(cmd)
}

// wait takes what comes for a while.
func (l *loop) wait(d time.Duration) {
	end := time.After(d)
	for {
		select {
		case msg := <-l.msgs:
			l.take(msg)
			l.model.View()
		case <-end:
			return
		}
	}
}

// press measures a key from its Update to its View.
func (l *loop) press(k tea.Key) {
	began := time.Now()
	l.take(tea.KeyPressMsg(k))
	l.model.View()
	l.times = append(l.times, time.Since(began))
}

// ways lead to the screens.
var ways = []struct{ screen, keys string }{
	{"Pipeline", "1"}, {"Stage", "1\r"}, {"launch form", "1R"}, {"Runs", "2"}, {"Run", "2\r"}, {"Learners", "3"}, {"search", "3/"}, {"Learner", "3\r"}, {"recompute", "3\rT"},
	{"undo", "3\rU"}, {"why", "3\rw"}, {"Items", "4"}, {"Item", "4\r"}, {"Reports", "5"}, {"Quarantine", "6"}, {"Workers", "7"},
}

// keyOf is a character as a key.
func keyOf(r rune) tea.Key {
	switch r {
	case '\r':
		return tea.Key{Code: tea.KeyEnter}
	case '\x1b':
		return tea.Key{Code: tea.KeyEscape}
	}
	return tea.Key{Code: r, Text: string(r)}
}

// benchKeys measures Update and View of keys on every screen, with the database
// there and with it stalled.
func benchKeys(ctx context.Context, b *consoleBench) error {
	proxy, err := newStallable(b.url)
	if err != nil {
		return err
	}
	defer proxy.close()
	s, done, err := b.service(ctx, proxy.url)
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := newLoop(ctx, s, 240, 60)
	l.wait(time.Second)
	here := tour(l, 200, 250*time.Millisecond)
	b.addKeys(fmt.Sprintf("key to Update and View (p99), %d screens, 240×60", len(ways)), here)
	proxy.stall(true)
	stalled := keyTimes{}
	for end := time.Now().Add(b.options.stall); time.Now().Before(end); {
		for screen, times := range tour(l, 40, 5*time.Millisecond) {
			stalled[screen] = append(stalled[screen], times...)
		}
	}
	proxy.stall(false)
	b.addKeys(fmt.Sprintf("the same while the database is stalled for %s", b.options.stall), stalled)
	return nil
}

// keyTimes are the times of keys, by screen.
type keyTimes map[string][]time.Duration

// tour goes to every screen, lets it settle, and presses so many keys there.
func tour(l *loop, each int, settle time.Duration) keyTimes {
	by := keyTimes{}
	for _, way := range ways {
		for _, k := range "\x1b\x1b" + way.keys {
			l.take(tea.KeyPressMsg(keyOf(k)))
			l.wait(settle)
		}
		l.times = nil
		for i := range each {
			l.press(keyOf([]rune("jjkj")[i%4]))
			l.wait(time.Millisecond)
		}
		by[way.screen] = l.times
	}
	return by
}

// addKeys adds a row: over all screens, and of the slowest.
func (b *consoleBench) addKeys(what string, by keyTimes) {
	var all []time.Duration
	worst, slowest := time.Duration(0), ""
	for _, way := range ways {
		times := by[way.screen]
		p := percentile(times, 0.99)
		b.log.Info("keys", "screen", way.screen, "pressed", len(times), "median", milliseconds(percentile(times, 0.5)), "p99", milliseconds(p))
		if p > worst {
			worst, slowest = p, way.screen
		}
		all = append(all, times...)
	}
	b.add(what, "≤ 5 ms", "%s; the slowest screen, %s, %s", milliseconds(percentile(all, 0.99)), slowest, milliseconds(worst))
}

// stallable passes connections on to a database until it is told to stall.
type stallable struct {
	url     string
	listen  net.Listener
	stalled atomic.Bool
	wake    sync.Cond
	mu      sync.Mutex
}

func newStallable(target string) (*stallable, error) {
	at, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	network, address := "tcp", at.Host
	if dir := at.Query().Get("host"); dir != "" { // a socket's folder
		port := at.Query().Get("port")
		if port == "" {
			port = "5432"
		}
		network, address = "unix", dir+"/.s.PGSQL."+port
	}
	p := &stallable{}
	p.wake.L = &p.mu
	if p.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	at.Host = p.listen.Addr().String()
	at.RawQuery = "sslmode=disable"
	p.url = at.String()
	go func() {
		for {
			in, err := p.listen.Accept()
			if err != nil {
				return // closed
			}
			out, err := net.Dial(network, address)
			if err != nil {
				_ = in.Close() // the client sees it
				continue
			}
			go p.pass(in, out)
			go p.pass(out, in)
		}
	}()
	return p, nil
}

func (p *stallable) pass(from, to net.Conn) {
	defer func() { _, _ = from.Close(), to.Close() }() // the other half may have closed them
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.stalled.Load() {
			p.wake.Wait()
		}
		p.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// stall holds everything back, or lets it go again.
func (p *stallable) stall(on bool) {
	p.mu.Lock()
	p.stalled.Store(on)
	p.mu.Unlock()
	p.wake.Broadcast()
}

func (p *stallable) close() {
	p.stall(false)
	_ = p.listen.Close()
}
