package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scheduled is a stage as a scheduler outside runs it.
type Scheduled struct {
	Stage    string     `json:"stage"`
	Schedule string     `json:"schedule"` // cron, UTC; empty: on events
	Grace    float64    `json:"grace_seconds"`
	NextRun  *time.Time `json:"next_run"`
	Enabled  bool       `json:"enabled"`
	Command  string     `json:"command"`
	Env      []EnvVar   `json:"env"` // the variables behind its flags that are set here, secrets aside

	cron Cron
}

// EnvVar is a variable of the environment.
type EnvVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Manifest says where the manifests' runs find the program and its secrets.
type Manifest struct {
	Program string // path of the binary
	Image   string // container image
	Global  []string
}

// Scheduled lists the stages of the registry as they are scheduled, in pipeline
// order. Secrets never stand in it.
func (r *Registry) Scheduled(now time.Time, getenv func(string) string, m Manifest) ([]Scheduled, error) {
	var out []Scheduled
	for _, st := range r.stages {
		info := st.Info()
		if info.Step {
			continue
		}
		s := Scheduled{Stage: info.Name, Schedule: info.Schedule, Grace: info.Grace.Seconds(), Enabled: !info.Off,
			Command: shellJoin(m.words(info.Name)), Env: []EnvVar{}}
		for _, p := range Specs(st.Params()) {
			for _, name := range append([]string{p.Env}, p.along...) {
				if name == plumberURLEnv && CheckPlumberURL(getenv(name)) != nil || p.check == "endpoint" && p.Check(getenv(name)) != nil {
					continue // it may hold a password
				}
				if v := getenv(name); name != "" && v != "" {
					s.Env = append(s.Env, EnvVar{name, v})
				}
			}
		}
		if info.Schedule != "" {
			var err error
			if s.cron, err = ParseCron(info.Schedule); err != nil {
				return nil, err
			}
			_, _, next, err := due(info.Schedule, now)
			if err != nil {
				return nil, err
			}
			s.NextRun = &next
		}
		out = append(out, s)
	}
	return out, nil
}

// words are the command line that a scheduler runs.
func (m Manifest) words(stage string) []string {
	return slices.Concat([]string{m.Program}, m.Global, []string{"run", stage, "--trigger", "cron", "--quiet"})
}

// timed reports whether a scheduler has anything to run; a note says why not.
func (s Scheduled) timed() (bool, string) {
	switch {
	case s.Schedule == "":
		return false, s.Stage + " runs when a session finishes, not on a schedule"
	case !s.Enabled:
		return false, s.Stage + " is switched off in the config file"
	}
	return true, ""
}

// Crontab is the schedule as a crontab. A line of its own before each command
// sets what the environment has set, since cron's is bare.
func (m Manifest) Crontab(stages []Scheduled) string {
	var b strings.Builder
	b.WriteString("# Times are UTC. DATABASE_URL is not written here: keep it in a file and name that in the config file\n" +
		"# (database_file), or set it in an environment that only cron reads. θ at session end takes a worker as well\n" +
		"# (sextant worker), which with --schedule can stand in for all of this.\nCRON_TZ=UTC\n")
	for _, s := range stages {
		if ok, note := s.timed(); !ok {
			fmt.Fprintf(&b, "# %s\n", note)
			continue
		}
		words := []string{}
		for _, e := range s.Env {
			words = append(words, shellJoin([]string{e.Name})+"="+shellJoin([]string{e.Value}))
		}
		command := strings.Join(append(words, s.Command), " ")
		fmt.Fprintf(&b, "%s %s\n", s.Schedule, strings.ReplaceAll(command, "%", `\%`)) // cron takes % for a line's end
	}
	return b.String()
}

// Kubernetes is the schedule as CronJobs, one document each, and the worker as
// a Deployment.
func (m Manifest) Kubernetes(stages []Scheduled) string {
	var b strings.Builder
	b.WriteString("# DATABASE_URL, and other secrets, come from the Secret named sextant. Weekly reports go to S3 where S3_BUCKET says so, with\n" +
		"# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from that Secret or a role of the pod; a container's own disk is read-only.\n")
	for _, s := range stages {
		if ok, note := s.timed(); !ok {
			fmt.Fprintf(&b, "# %s\n", note)
			continue
		}
		fmt.Fprintf(&b, `---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: sextant-%s
spec:
  schedule: %s
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: 21600
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: sextant
              image: %s
              command: %s
              envFrom:
                - secretRef:
                    name: sextant
%s%s`, s.Stage, quote(s.Schedule), quote(m.Image), quote(m.words(s.Stage)), kubernetesEnv(s.Env, 14), kubernetesGuard(14))
	}
	b.WriteString(m.kubernetesWorker(stages))
	return b.String()
}

// quote writes a value as JSON, which YAML reads as it is.
func quote(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings and lists of them
	return strings.TrimSpace(b.String())
}

// Systemd is the schedule as units, a service and a timer a stage, each under a
// comment with its file's name, and the worker.
func (m Manifest) Systemd(stages []Scheduled) string {
	var b strings.Builder
	b.WriteString("# Save each unit under the name above it in /etc/systemd/system, then: systemctl daemon-reload, and\n" +
		"# systemctl enable --now the timers. DATABASE_URL, and other secrets, come from /etc/sextant/environment.\n")
	for _, s := range stages {
		if ok, note := s.timed(); !ok {
			fmt.Fprintf(&b, "# %s\n", note)
			continue
		}
		fmt.Fprintf(&b, "\n# sextant-%s.service\n[Unit]\nDescription=Sextant: %s\nWants=network-online.target\nAfter=network-online.target\n\n"+
			"[Service]\nType=oneshot\nEnvironmentFile=-/etc/sextant/environment\n", s.Stage, s.Stage)
		b.WriteString(systemdEnv(s.Env))
		fmt.Fprintf(&b, "ExecStart=%s\n", systemdCommand(m.words(s.Stage)))
		fmt.Fprintf(&b, "\n# sextant-%s.timer\n[Unit]\nDescription=Sextant: %s on time\n\n[Timer]\nOnCalendar=%s\nPersistent=true\n\n"+
			"[Install]\nWantedBy=timers.target\n", s.Stage, s.Stage, s.cron.Calendar())
	}
	b.WriteString(m.systemdWorker(stages))
	return b.String()
}

// systemdQuote quotes for a unit file, where % begins a specifier.
func systemdQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "\n", `\n`).Replace(s) + `"`
}

// Calendar is the schedule as systemd writes it.
func (c Cron) Calendar() string {
	date := "*-" + calendarPart(c.Month, 12, 2) + "-" + calendarPart(c.MonthDay, 31, 2)
	at := calendarPart(c.Hour, 24, 2) + ":" + calendarPart(c.Minute, 60, 2) + ":00 UTC"
	if len(c.Week) == 7 {
		return date + " " + at
	}
	days := make([]string, len(c.Week))
	for i, d := range c.Week {
		days[i] = time.Weekday(d).String()[:3]
	}
	return strings.Join(days, ",") + " " + date + " " + at
}

// calendarPart is a list of values, or * for all of them.
func calendarPart(values []int, all, digits int) string {
	if len(values) == all {
		return "*"
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("%0"+strconv.Itoa(digits)+"d", v)
	}
	return strings.Join(words, ",")
}
