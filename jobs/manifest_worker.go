package jobs

import (
	"fmt"
	"slices"
	"strings"
)

const workerPort = 9321

// workerWords are the command line of a worker that leaves the schedule to
// whoever runs the rest of the manifest.
func (m Manifest) workerWords(flags ...string) []string {
	return slices.Concat([]string{m.Program}, m.Global, []string{"worker"}, flags)
}

// workerEnv is what all stages take from the environment, each variable once.
func workerEnv(stages []Scheduled) []EnvVar {
	var env []EnvVar
	for _, s := range stages {
		for _, e := range s.Env {
			if !slices.Contains(env, e) {
				env = append(env, e)
			}
		}
	}
	return env
}

// kubernetesEnv writes variables as a container's env, indented by so many
// blanks; nothing when there are none.
func kubernetesEnv(env []EnvVar, indent int) string {
	if len(env) == 0 {
		return ""
	}
	var b strings.Builder
	pad := strings.Repeat(" ", indent)
	fmt.Fprintf(&b, "%senv:\n", pad)
	for _, e := range env {
		fmt.Fprintf(&b, "%s  - name: %s\n%s    value: %s\n", pad, e.Name, pad, quote(e.Value))
	}
	return b.String()
}

// kubernetesGuard confines a container, indented by so many blanks.
func kubernetesGuard(indent int) string {
	pad := strings.Repeat(" ", indent)
	lines := []string{
		"resources:",
		"  requests: {cpu: 250m, memory: 256Mi}",
		"  limits: {memory: 2Gi}",
		"securityContext:",
		"  runAsNonRoot: true",
		"  allowPrivilegeEscalation: false",
		"  readOnlyRootFilesystem: true",
		"  capabilities: {drop: [ALL]}",
	}
	return pad + strings.Join(lines, "\n"+pad) + "\n"
}

// kubernetesWorker is the worker as a Deployment: θ at session end and queued
// runs. The CronJobs beside it have the schedule.
func (m Manifest) kubernetesWorker(stages []Scheduled) string {
	return fmt.Sprintf(`# θ at session end, and queued runs. With --schedule the workers fire the stages, too, each tick once however many
# there are: then leave the CronJobs out.
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: sextant-worker
spec:
  replicas: 2
  selector:
    matchLabels: {app: sextant-worker}
  template:
    metadata:
      labels: {app: sextant-worker}
      annotations: {prometheus.io/scrape: "true", prometheus.io/port: "%[1]d"}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: sextant
          image: %[2]s
          command: %[3]s
          envFrom:
            - secretRef:
                name: sextant
%[4]s          ports:
            - name: http
              containerPort: %[1]d
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 10
            timeoutSeconds: 3
%[5]s`, workerPort, quote(m.Image), quote(m.workerWords("--listen", fmt.Sprintf("0.0.0.0:%d", workerPort), "--log-format", "json")),
		kubernetesEnv(workerEnv(stages), 10), kubernetesGuard(10))
}

// systemdWorker is the worker as a service.
func (m Manifest) systemdWorker(stages []Scheduled) string {
	return fmt.Sprintf(`
# θ at session end, and queued runs: systemctl enable --now sextant-worker.service. With --schedule the worker fires the
# stages, too, each tick once however many workers there are: then leave the timers out.
# sextant-worker.service
[Unit]
Description=Sextant: worker
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
EnvironmentFile=-/etc/sextant/environment
%sExecStart=%s
Restart=always
RestartSec=5
TimeoutStopSec=60

[Install]
WantedBy=multi-user.target
`, systemdEnv(workerEnv(stages)), systemdCommand(m.workerWords()))
}

// systemdEnv writes variables as a unit has them.
func systemdEnv(env []EnvVar) string {
	var b strings.Builder
	for _, e := range env {
		fmt.Fprintf(&b, "Environment=%s\n", systemdQuote(e.Name+"="+e.Value))
	}
	return b.String()
}

// systemdCommand writes a command line as a unit has it.
func systemdCommand(words []string) string {
	out := slices.Clone(words)
	for i, w := range out {
		if w != shellJoin([]string{w}) {
			out[i] = systemdQuote(w)
		}
	}
	return strings.Join(out, " ")
}
