package tui

import (
	"context"

	"sextant/jobs"
)

func (f *fixture) WhyTheta(ctx context.Context, userID, topicID string) (jobs.ThetaWhy, error) {
	if err := f.read(ctx); err != nil {
		return jobs.ThetaWhy{}, err
	}
	return jobs.ThetaWhy{UserID: userID, AsOf: fixedNow}, nil
}
