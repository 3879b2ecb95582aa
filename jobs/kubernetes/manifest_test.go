// Package kubernetes_test holds the printed manifests against Kubernetes' own
// types, apart from the other tests, which do without them.
package kubernetes_test

import (
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sextant/jobs"
)

func TestManifestsAreKubernetes(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AGG_LOOKBACK_DAYS": "14", "MIRT_MODEL": `50% "odd": 'x'`}
	m := jobs.Manifest{Program: "/usr/local/bin/sextant", Image: "registry.example.org/sextant:1"}
	list, err := jobs.Stages().Scheduled(time.Now(), func(k string) string { return env[k] }, m)
	if err != nil {
		t.Fatal(err)
	}
	jobsSeen, workers := 0, 0
	for _, doc := range strings.Split(m.Kubernetes(list), "---\n")[1:] {
		if strings.Contains(doc, "kind: CronJob") {
			var j batch.CronJob
			if err := yaml.UnmarshalStrict([]byte(doc), &j); err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			jobsSeen++
			if j.Spec.ConcurrencyPolicy != batch.ForbidConcurrent || *j.Spec.TimeZone != "Etc/UTC" || j.Spec.StartingDeadlineSeconds == nil ||
				j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds == nil || *j.Spec.JobTemplate.Spec.BackoffLimit != 0 {
				t.Errorf("%s: %+v", j.Name, j.Spec)
			}
			confined(t, j.Name, j.Spec.JobTemplate.Spec.Template.Spec)
			continue
		}
		var d apps.Deployment
		if err := yaml.UnmarshalStrict([]byte(doc), &d); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		workers++
		pod := d.Spec.Template
		c := pod.Spec.Containers[0]
		if d.Spec.Selector.MatchLabels["app"] != pod.Labels["app"] || pod.Labels["app"] == "" {
			t.Errorf("%s selects %v of %v", d.Name, d.Spec.Selector.MatchLabels, pod.Labels)
		}
		if c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.LivenessProbe.HTTPGet.Port.StrVal != c.Ports[0].Name ||
			c.ReadinessProbe.HTTPGet.Port.StrVal != c.Ports[0].Name || strings.Join(c.Command, " ") != "/usr/local/bin/sextant worker --listen 0.0.0.0:9321 --log-format json" {
			t.Errorf("%s: %+v", d.Name, c)
		}
		if len(c.Env) != 2 {
			t.Errorf("%s has %v", d.Name, c.Env)
		}
		confined(t, d.Name, pod.Spec)
	}
	if jobsSeen < 4 || workers != 1 {
		t.Errorf("%d CronJobs and %d workers", jobsSeen, workers)
	}
}

// confined checks what every container has.
func confined(t *testing.T, name string, pod core.PodSpec) {
	t.Helper()
	for _, c := range pod.Containers {
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() || !*c.SecurityContext.RunAsNonRoot ||
			!*c.SecurityContext.ReadOnlyRootFilesystem || c.EnvFrom[0].SecretRef.Name != "sextant" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
