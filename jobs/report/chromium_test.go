package report

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// chromiumNames are where a Chromium may be; scripts/bootstrap installs one.
var chromiumNames = []string{"chromium", "chromium-browser", "google-chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}

// chromium is a headless browser, spoken to in the DevTools protocol over a pipe.
type chromium struct {
	t       testing.TB
	in      *os.File
	out     *bufio.Reader
	id      int
	session string
	events  []devtoolsMessage // that came while waiting for something else
}

type devtoolsMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startChromium starts a browser that the test ends, and opens a page in it.
func startChromium(t testing.TB) *chromium {
	t.Helper()
	var program string
	for _, name := range chromiumNames {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Fatal("Chromium is missing: run scripts/bootstrap test")
	}
	theirIn, ourOut := pipe(t)
	ourIn, theirOut := pipe(t)
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir())
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its helpers too; they may have ended already
		_ = cmd.Wait()
	})
	for _, f := range []*os.File{theirIn, theirOut} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c := &chromium{t: t, in: ourOut, out: bufio.NewReader(ourIn)}
	var target struct{ TargetID, SessionID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	c.session = target.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		c.call(domain+".enable", nil, nil)
	}
	return c
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() }) // some are closed already
	return r, w
}

// call sends a command and waits for its result; what happens meanwhile is kept.
func (c *chromium) call(method string, params, result any) {
	c.t.Helper()
	c.id++
	command := map[string]any{"id": c.id, "method": method}
	if params != nil {
		command["params"] = params
	}
	if c.session != "" {
		command["sessionId"] = c.session
	}
	b, err := json.Marshal(command)
	if err == nil {
		_, err = c.in.Write(append(b, 0))
	}
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	for {
		m := c.next()
		if m.ID != c.id {
			c.events = append(c.events, m)
			continue
		}
		if m.Error != nil {
			c.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				c.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

func (c *chromium) next() (m devtoolsMessage) {
	c.t.Helper()
	b, err := c.out.ReadBytes(0)
	if err == nil {
		err = json.Unmarshal(b[:len(b)-1], &m)
	}
	if err != nil {
		c.t.Fatalf("the browser: %v", err)
	}
	return m
}

// open shows a file in a window so many CSS pixels wide and waits until it and
// all it asks for have loaded.
func (c *chromium) open(file string, width int) {
	c.t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		c.t.Fatal(err)
	}
	c.events = nil
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	c.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	for !c.happened("Page.loadEventFired") {
		c.events = append(c.events, c.next())
	}
}

func (c *chromium) happened(method string) bool {
	for _, e := range c.events {
		if e.Method == method {
			return true
		}
	}
	return false
}

// requests are the addresses that were asked for since the page was opened.
func (c *chromium) requests() (urls []string) {
	c.t.Helper()
	for _, e := range c.events {
		if e.Method == "Network.requestWillBeSent" {
			var p struct{ Request struct{ URL string } }
			if err := json.Unmarshal(e.Params, &p); err != nil {
				c.t.Fatal(err)
			}
			urls = append(urls, p.Request.URL)
		}
	}
	return urls
}

// complaints are what the console holds.
func (c *chromium) complaints() (out []string) {
	for _, e := range c.events {
		switch e.Method {
		case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
			out = append(out, fmt.Sprintf("%s %s", e.Method, e.Params))
		}
	}
	return out
}

// value is what an expression comes to in the page.
func (c *chromium) value(expression string, into any) {
	c.t.Helper()
	var r struct {
		Result struct{ Value json.RawMessage }
	}
	c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &r)
	if err := json.Unmarshal(r.Result.Value, into); err != nil {
		c.t.Fatalf("%s: %v", expression, err)
	}
}

// picture writes the whole page as a PNG.
func (c *chromium) picture(file string, width int) {
	c.t.Helper()
	var height int
	c.value("Math.ceil(document.documentElement.getBoundingClientRect().height)", &height)
	var shot struct{ Data string }
	c.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}
