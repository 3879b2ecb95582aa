package tui

import (
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// framesPerSecond is how often the terminal is written to while something
// changes: the most that Bubble Tea allows, for a key waits for its turn.
const framesPerSecond = 120

const (
	activeFor = 60 * time.Millisecond // the frames go on after a message
	restEvery = time.Second           // a frame while nothing happens
)

// frames lets the renderer rest while nothing happens. Bubble Tea wakes it at a
// fixed rate, changed or not, which costs an idle console more than all else it
// does; so its ticker, which it keeps to itself, is slowed down and woken up
// again by the next message.
type frames struct {
	program *tea.Program
	rest    time.Duration

	mu     sync.Mutex
	ticker *time.Ticker // the renderer's; nil before it runs
	active bool
	tire   *time.Timer
}

// wake has the renderer work for a while.
func (f *frames) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ticker == nil {
		if f.ticker = rendererTicker(f.program); f.ticker == nil {
			return
		}
		f.active = true
		f.tire = time.AfterFunc(activeFor, f.sleep)
	}
	if !f.active { // or one message after another would put the frame off
		f.active = true
		f.ticker.Reset(time.Second / framesPerSecond)
	}
	f.tire.Reset(activeFor)
}

func (f *frames) sleep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = false
	f.ticker.Reset(f.rest)
}

// rendererTicker is the ticker of a program that runs; nil if Bubble Tea no
// longer has such a one, and then its frames keep their fixed rate.
func rendererTicker(p *tea.Program) *time.Ticker {
	field := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return (*time.Ticker)(field.UnsafePointer())
}

// paced is a model whose messages wake the renderer.
type paced struct {
	tea.Model
	frames *frames
}

// Update passes the message on.
func (p paced) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	p.frames.wake()
	var cmd tea.Cmd
	p.Model, cmd = p.Model.Update(msg)
	return p, cmd
}
