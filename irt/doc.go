// Package irt is Sextant's item response theory engine: it calibrates items and
// scores learners from sparse right/wrong answers.
//
// The model of an answer is
//
//	P(correct | θ) = c + (1 − c) / (1 + exp(−a(θ − b)))
//
// with discrimination a, difficulty b and guessing c (Birnbaum 1968); there is
// no 1.7 constant. [Fit] estimates the items by marginal maximum likelihood,
// [NewScorer] turns items into abilities (EAP, MAP, WLE), [Link] puts one
// calibration on the scale of another, and [Simulate] draws answers from known
// parameters.
//
// The package is pure: it reads no file and no clock, logs nothing and prints
// nothing. Progress comes through a callback, cancellation through a context.
// The same data, options and kernel give the same bits whatever the number of
// workers, because every sum is partitioned by data and never by worker. No
// function returns NaN: what cannot be computed is a named error or a
// documented reason.
//
// References, cited by the functions that implement them:
//
//   - Aumann & Shapley (1974). Values of non-atomic games. Princeton.
//   - Birnbaum (1968). Some latent trait models. In Lord & Novick, Statistical
//     Theories of Mental Test Scores, ch. 17-20.
//   - Bock & Aitkin (1981). Marginal maximum likelihood estimation of item
//     parameters: application of an EM algorithm. Psychometrika 46.
//   - Bock & Mislevy (1982). Adaptive EAP estimation of ability in a
//     microcomputer environment. Applied Psychological Measurement 6.
//   - Chalmers (2018). Numerical approximation of the observed information
//     matrix with Oakes' identity. BJMSP 71.
//   - Gelman & Meng (1998). Simulating normalizing constants: from importance
//     sampling to bridge sampling to path sampling. Statist. Sci. 13.
//   - Liu, Rubin & Wu (1998). Parameter expansion to accelerate EM: the PX-EM
//     algorithm. Biometrika 85.
//   - Oakes (1999). Direct calculation of the information matrix via the EM
//     algorithm. JRSS B 61.
//   - Orlando & Thissen (2000). Likelihood-based item-fit indices for
//     dichotomous item response theory models. APM 24.
//   - Snijders (2001). Asymptotic null distribution of person fit statistics
//     with estimated person parameter. Psychometrika 66.
//   - Stocking & Lord (1983). Developing a common metric in item response
//     theory. APM 7.
//   - Varadhan & Roland (2008). Simple and globally convergent methods for
//     accelerating the convergence of any EM algorithm. Scand. J. Statist. 35.
//   - Warm (1989). Weighted likelihood estimation of ability in item response
//     theory. Psychometrika 54.
//   - Yen (1984). Effects of local item dependence on the fit and equating
//     performance of the three-parameter logistic model. APM 8.
package irt
