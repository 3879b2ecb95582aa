package irt

import (
	"fmt"
	"math"
	"strings"
)

// Model names what is free in a calibration.
type Model string

// The models. Rasch and OnePL describe the same family on two scales: Rasch
// fixes every a at 1 and frees the latent variance, OnePL fixes the latent
// distribution at N(0, 1) and frees one slope common to all items.
const (
	Rasch   Model = "rasch"
	OnePL   Model = "1pl"
	TwoPL   Model = "2pl"
	ThreePL Model = "3pl"
)

// ParseModel reads a model's name in any case ("2PL", "Rasch").
func ParseModel(name string) (Model, error) {
	switch m := Model(strings.ToLower(strings.TrimSpace(name))); m {
	case Rasch, OnePL, TwoPL, ThreePL:
		return m, nil
	}
	return "", fmt.Errorf("%w %q: use rasch, 1pl, 2pl or 3pl", ErrUnknownModel, name)
}

// ItemParams are an item's parameters: discrimination A, difficulty B (on the
// θ scale) and guessing C, the probability of a correct answer as θ → −∞.
type ItemParams struct {
	A float64 `json:"a"`
	B float64 `json:"b"`
	C float64 `json:"c"`
}

// Validate reports parameters no probability can be computed from: not finite,
// or C outside [0, 1). A zero or negative A is unusual, not invalid.
func (p ItemParams) Validate() error {
	switch {
	case !finite(p.A) || !finite(p.B) || !finite(p.C):
		return fmt.Errorf("%w: a=%g b=%g c=%g is not finite", ErrItemParams, p.A, p.B, p.C)
	case p.C < 0 || p.C >= 1:
		return fmt.Errorf("%w: c=%g is outside [0, 1)", ErrItemParams, p.C)
	}
	return nil
}

// Prob is the probability of a correct answer at ability theta, in [C, 1]
// (Birnbaum 1968, eq. 17.3.1 without the 1.7).
func (p ItemParams) Prob(theta float64) float64 {
	return p.C + (1-p.C)*logistic(p.A*(theta-p.B))
}

// Information is the item's Fisher information about θ at theta,
// a²(Q/P)((P−c)/(1−c))² (Birnbaum 1968, eq. 20.4.16); it is never negative.
func (p ItemParams) Information(theta float64) float64 {
	z := p.A * (theta - p.B)
	l, q := logistic(z), logistic(-z)
	prob := p.C + (1-p.C)*l
	if prob == 0 {
		return 0
	}
	return p.A * p.A * (1 - p.C) * q * l * l / prob
}

// Normal is a normal distribution of ability in a population.
type Normal struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

// StandardNormal is the population a free calibration assumes.
var StandardNormal = Normal{Mean: 0, SD: 1}

// Validate reports a distribution that is not finite or has no spread.
func (n Normal) Validate() error {
	if !finite(n.Mean) || !finite(n.SD) || n.SD <= 0 {
		return fmt.Errorf("%w: N(%g, %g²) needs a finite mean and a positive, finite SD", ErrPrior, n.Mean, n.SD)
	}
	return nil
}

// Ability is an estimate of θ and its standard error.
type Ability struct {
	Theta float64 `json:"theta"`
	SE    float64 `json:"se"`
}

// Quadrature is a grid of equally spaced nodes in units of the population's
// standard deviation, weighted by the normal density normalised to sum 1.
type Quadrature struct {
	Nodes    int
	Min, Max float64
}

// DefaultQuadrature is 61 nodes on [−6, 6].
var DefaultQuadrature = Quadrature{Nodes: 61, Min: -6, Max: 6}

const maxNodes = 1 << 12

// Validate reports a grid that cannot integrate: fewer than 5 nodes, more than
// 4,096, or an empty or infinite range.
func (q Quadrature) Validate() error {
	if q.Nodes < 5 || q.Nodes > maxNodes || !finite(q.Min) || !finite(q.Max) || q.Min >= q.Max {
		return fmt.Errorf("%w: %d nodes on [%g, %g]; use 5 to %d nodes on a finite range", ErrQuadrature, q.Nodes, q.Min, q.Max, maxNodes)
	}
	return nil
}

func (q Quadrature) orDefault() Quadrature {
	if q == (Quadrature{}) {
		return DefaultQuadrature
	}
	return q
}

// spacing is the distance between nodes in prior SDs.
func (q Quadrature) spacing() float64 { return (q.Max - q.Min) / float64(q.Nodes-1) }

// LogitNormal is a prior on guessing: logit(c) ~ N(Mean, SD²).
type LogitNormal struct{ Mean, SD float64 }

// LogNormal is a prior on discrimination: log(a) ~ N(Mean, SD²), with the
// density taken in a itself, so that it carries the factor 1/a.
type LogNormal struct{ Mean, SD float64 }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func logistic(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// softplus is log(1 + exp(z)) without overflow.
func softplus(z float64) float64 {
	if z > 0 {
		return z + math.Log1p(math.Exp(-z))
	}
	return math.Log1p(math.Exp(z))
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
