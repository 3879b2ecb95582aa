package jobs

import "context"

// findScorer is about who estimates θ, as far as that is the R service's.
func (s *Service) findScorer(ctx context.Context, d *Diagnosis) {
	r := s.runner
	var p ThetaParams
	if err := fill(&p, r.Defaults, r.Getenv, nil); err != nil {
		d.find(LevelError, "scorer", "", "%s", err)
		return
	}
	service, err := r.service(&p)
	switch {
	case err != nil:
		d.find(LevelError, "scorer", "", "%s", err)
	case service != nil:
		if err := service.healthy(ctx); err != nil {
			d.find(LevelError, "scorer", "", "%s; θ is to come from it", err)
			return
		}
		d.find(LevelOK, "scorer", "", "θ comes from the R service at %s, which says that it is well", service.base)
	case r.Getenv(plumberURLEnv) != "":
		d.find(LevelInfo, "scorer", "", "R_IRT_BASE_URL is set, and θ comes from Sextant's own engine all the same: only 'scorer: plumber' in the config file, or --scorer plumber, chooses the service")
	}
}
