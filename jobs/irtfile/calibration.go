package irtfile

import "sextant/irt"

// Calibration is the JSON of `sextant irt fit`.
type Calibration struct {
	Model         irt.Model `json:"model"`
	LogLikelihood float64   `json:"log_likelihood"`
	Iterations    int       `json:"iterations"`
	Converged     bool      `json:"converged"`
	Persons       int       `json:"n_persons"`
	Answers       int       `json:"n_answers"`
	Latent        Latent    `json:"latent"`
	Reliability   float64   `json:"reliability"`
	SEMethod      string    `json:"se_method,omitempty"`
	Items         []Item    `json:"items"`
	Dropped       []Dropped `json:"dropped"`
}

// Latent is the population's distribution; its standard errors are there where
// it was estimated and they were asked for.
type Latent struct {
	Mean       float64  `json:"mean"`
	Variance   float64  `json:"variance"`
	SEMean     *float64 `json:"se_mean,omitempty"`
	SEVariance *float64 `json:"se_variance,omitempty"`
}

// Item is a calibrated item; a standard error is null when it was not asked
// for or the parameter is fixed.
type Item struct {
	ID       string     `json:"item_id"`
	A        float64    `json:"a"`
	B        float64    `json:"b"`
	C        float64    `json:"c"`
	SEA      *float64   `json:"se_a"`
	SEB      *float64   `json:"se_b"`
	SEC      *float64   `json:"se_c"`
	N        int        `json:"n"`
	PCorrect float64    `json:"p_correct"`
	Flags    []irt.Flag `json:"flags"`
	Fit      *ItemFit   `json:"fit,omitempty"`
}

// ItemFit is how well an item follows its model; S-X² is null where it cannot
// be computed.
type ItemFit struct {
	Infit  float64  `json:"infit"`
	Outfit float64  `json:"outfit"`
	SX2    *float64 `json:"s_x2"`
	DF     *int     `json:"s_x2_df"`
	P      *float64 `json:"s_x2_p"`
}

// Dropped is an item that was set aside.
type Dropped struct {
	ID     string         `json:"item_id"`
	Reason irt.DropReason `json:"reason"`
}

// Score is one person's entry in the JSON of `sextant irt score`.
type Score struct {
	UserID string  `json:"user_id"`
	Theta  float64 `json:"theta"`
	SE     float64 `json:"se"`
	N      int     `json:"n"` // answers used
}

// NewCalibration names a result's items.
func NewCalibration(res *irt.Result, items []string) Calibration {
	c := Calibration{
		Model: res.Model, LogLikelihood: res.LogLikelihood, Iterations: res.Iterations, Converged: res.Converged,
		Persons: res.Persons, Answers: res.Answers, Reliability: res.Reliability, SEMethod: string(res.SEMethod),
		Latent: Latent{Mean: res.Latent.Mean, Variance: res.Latent.SD * res.Latent.SD,
			SEMean: positive(res.LatentSE.Mean), SEVariance: positive(2 * res.Latent.SD * res.LatentSE.SD)},
		Items: []Item{}, Dropped: []Dropped{},
	}
	for i, f := range res.Items {
		if f.Dropped != "" {
			c.Dropped = append(c.Dropped, Dropped{ID: items[i], Reason: f.Dropped})
			continue
		}
		item := Item{ID: items[i], A: f.Params.A, B: f.Params.B, C: f.Params.C,
			SEA: positive(f.SE.A), SEB: positive(f.SE.B), SEC: positive(f.SE.C),
			N: f.N, PCorrect: f.PCorrect, Flags: append([]irt.Flag{}, f.Flags...)}
		if f.Fit != nil {
			item.Fit = &ItemFit{Infit: f.Fit.Infit, Outfit: f.Fit.Outfit}
			if f.Fit.DF > 0 {
				item.Fit.SX2, item.Fit.DF, item.Fit.P = &f.Fit.SX2, &f.Fit.DF, &f.Fit.P
			}
		}
		c.Items = append(c.Items, item)
	}
	return c
}

// positive is nil for what was not computed.
func positive(x float64) *float64 {
	if x > 0 {
		return &x
	}
	return nil
}
