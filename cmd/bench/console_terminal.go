package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// openPipeline starts the console and waits for its first screen.
func (b *consoleBench) openPipeline(ctx context.Context, columns, lines uint16) (*terminal, error) {
	t, err := b.openTerminal(ctx, columns, lines)
	if err != nil {
		return nil, err
	}
	if _, err := t.shown("update-theta", "help"); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// benchStart measures the console from its start to the first frame with data.
func benchStart(ctx context.Context, b *consoleBench) error {
	var times []time.Duration
	for range 9 {
		t, err := b.openTerminal(ctx, 120, 36)
		if err != nil {
			return err
		}
		at, err := t.shown("aggregate-features-daily", "update-theta", "help")
		if err := errors.Join(err, t.close()); err != nil {
			return err
		}
		times = append(times, at.Sub(t.began))
	}
	b.add("start to the first complete frame", "≤ 200 ms", "%s (median of %d)", milliseconds(percentile(times, 0.5)), len(times))
	return nil
}

// benchEcho measures from a key to the first byte that it brings to the terminal.
func benchEcho(ctx context.Context, b *consoleBench) error {
	t, err := b.openPipeline(ctx, 100, 30)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }() // measured by then
	if err := t.press("3"); err != nil {
		return err
	}
	if _, err := t.shown("LEARNER", "SESSIONS"); err != nil {
		return err
	}
	t.settled(300 * time.Millisecond)
	var times []time.Duration
	for i := range 300 {
		time.Sleep(time.Duration(23+i%17) * time.Millisecond) // as keys come: in no step with the screen
		key := "j"
		if i%40 >= 20 {
			key = "k"
		}
		took, err := t.echo(key)
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	b.add("key to bytes on the terminal (p99)", "≤ 16 ms", "%s; median %s", milliseconds(percentile(times, 0.99)), milliseconds(percentile(times, 0.5)))
	return nil
}

// echo is how long a key takes to bring something to the terminal.
func (t *terminal) echo(key string) (time.Duration, error) {
	before, _ := t.count()
	pressed := time.Now()
	if err := t.press(key); err != nil {
		return 0, err
	}
	for time.Since(pressed) <= 5*time.Second {
		if n, at := t.count(); n > before {
			return at.Sub(pressed), nil
		}
		select {
		case <-t.arrived:
		case <-time.After(time.Millisecond):
		}
	}
	return 0, errors.New("a key brought nothing to the terminal")
}

// benchMemory measures what the console holds after many changes of the screen.
func benchMemory(ctx context.Context, b *consoleBench) error {
	t, err := b.openPipeline(ctx, 120, 36)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }() // measured by then
	tour := []string{"2", "\r", "\x1b[Z", "3", "j", "\r", "\t", "4", "\r", "6", "7", "1", "j", "\r", "3", "s", "5"}
	var early, most int64
	for i := range b.options.changes {
		if err := t.press(tour[i%len(tour)]); err != nil {
			return err
		}
		time.Sleep(12 * time.Millisecond) // long enough for the data of most screens to come
		if i%64 == 0 {
			t.forget()
		}
		if i%100 != 99 {
			continue
		}
		now, err := t.memory()
		if err != nil {
			return fmt.Errorf("the console ended after %d keys: %w", i, err)
		}
		if most = max(most, now); i < b.options.changes/4 {
			early = max(early, now)
		}
	}
	b.add(fmt.Sprintf("memory after %s changes of the screen", thousands(b.options.changes)), "≤ 80 MB, no growth", "%d MB at most; %d MB in the first quarter", most>>20, early>>20)
	return nil
}

// benchBytes counts what 20 moves of the cursor write in a list of Korean ids.
func benchBytes(ctx context.Context, b *consoleBench) error {
	t, err := b.openPipeline(ctx, 100, 30)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }() // measured by then
	for _, step := range []struct{ keys, shows string }{{"3", "SESSIONS"}, {"/김", "김"}, {"\t", ""}} {
		if err := t.press(step.keys); err != nil {
			return err
		}
		if _, err := t.shown(step.shows); err != nil {
			return err
		}
		t.settled(500 * time.Millisecond)
	}
	before, _ := t.count()
	for range 20 {
		if err := t.press("j"); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	after, _ := t.count()
	b.add("bytes for 20 cursor moves in a Korean list, 100×30", "≤ 10 KB", "%.1f KB", float64(after-before)/1024)
	return nil
}

// benchIdle measures the processor time of a console that nobody touches.
func benchIdle(ctx context.Context, b *consoleBench) error {
	t, err := b.openPipeline(ctx, 120, 36)
	if err != nil {
		return err
	}
	defer func() { _ = t.close() }() // measured by then
	time.Sleep(2 * time.Second)      // the start is over
	before, err := t.cpu()
	if err != nil {
		return err
	}
	time.Sleep(b.options.idle)
	after, err := t.cpu()
	b.add("idle, Pipeline open", "≤ 1 % of a core", "%.2f %%", 100*float64(after-before)/float64(b.options.idle))
	return err
}
