package db

import "math"

// Formula is one KPI of weekly_kpi: what it says, how it is defined, an example
// worked by hand, and the SQL that computes it.
type Formula struct {
	Key        string  // in weekly_kpi.kpis
	Title      string  // in a few words
	Definition string  // Markdown
	Example    string  // Markdown
	Want       float64 // what the example comes to

	sql string // over the columns of kpiInputs
}

// Formulas are the KPIs in the order they are shown.
func Formulas() []Formula {
	return []Formula{improvement, efficiency, recovery, engagement, reach, churn}
}

var improvement = Formula{Key: "I_t", Title: "improvement",
	Definition: `How much better the learner has become in a fortnight, from −1 to 1, discounted where the evidence is thin.
Two windows of 14 days: prev = [d−27, d−14] and recent = [d−13, d]. exposure = min(1, n_recent / 30).

- θ form, where the use of θ is on, n_recent ≥ 5 and both windows hold a θ:
  clamp((θ_recent − θ_prev) · exposure · (1 − min(0.5, 1.96 · SE_recent)), −1, 1), each θ the newest of its window.
- accuracy form otherwise:
  clamp((p_recent − p_prev) · exposure · (1 − min(0.5, 1.96 · √(p_recent (1 − p_recent) / n_recent))), −1, 1).

Null when a window holds no answer (and the θ form does not apply).`,
	Example: `4 of 10 answers correct in prev, 12 of 15 in recent: p rises from 0.4 to 0.8 and exposure = 15 / 30 = 0.5.
1.96 · √(0.8 · 0.2 / 15) = 0.202428, so I_t = 0.4 · 0.5 · 0.797572 = 0.159514.
In the θ form, with θ = 0.1 in prev and 0.6 ± 0.2 in recent: 1.96 · 0.2 = 0.392, so I_t = 0.5 · 0.5 · 0.608 = 0.152000.`,
	Want: 0.4 * 0.5 * (1 - 1.96*math.Sqrt(0.8*0.2/15)),
	sql:  "i_t",
}

var efficiency = Formula{Key: "E_t", Title: "efficiency",
	Definition: `How much faster correct answers have become, from 0 to 1. m is the median response time of *correct* answers with a
positive time in each of two windows of 28 days, prev = [d−55, d−28] and recent = [d−27, d]:
clamp((m_prev − m_recent) / m_prev). Null when a window has no such answer.`,
	Example: `Correct answers took 20, 40 and 30 s in prev, 24 and 18 s in recent: the medians are 30 and 21 s, so
E_t = (30 − 21) / 30 = 0.300000.`,
	Want: 0.3,
	sql:  `CASE WHEN timed_prev > 0 AND timed_recent > 0 THEN ` + clamp(`(median_prev - median_recent) / median_prev`) + ` END`,
}

var recovery = Formula{Key: "R_t", Title: "recovery",
	Definition: `How often the learner now succeeds where they failed before. Of the answers in the recent 28 days [d−27, d] to an
(item, topic) that the learner got wrong at least once in the 28 days before, the share that is correct; no topic
equals no topic. Null when there are none.`,
	Example: `Items 1, 2 and 3 were answered wrong in the 28 days before. In the recent ones item 1 is answered right twice, item 2
wrong, and item 4, which had not gone wrong, right: R_t = 2 / 3 = 0.666667.`,
	Want: 2.0 / 3,
	sql:  `CASE WHEN retried > 0 THEN recovered::float8 / retried END`,
}

var engagement = Formula{Key: "A_t", Title: "engagement",
	Definition: `How regularly and earnestly the learner works, from 0 to 1, over the 28 days [d−27, d]:
0.35 · clamp(sessions / 28) + 0.25 · g + 0.20 · h + 0.20 · w.

- g = clamp(1 / mean gap in days between consecutive distinct answer times); 0.5 with fewer than two.
- h = clamp(1 − mean hints per answer / 3).
- w = clamp(mean dwell of a session in seconds / 900). A session's dwell is the sum of its known response times;
  sessions without any are left out; 0.5 when none has one.

Answers without a session id make one session per learner and UTC day. Null without answers.`,
	Example: `Two answers at one moment in a first session (120 and 240 s, 3 hints in all), one four days later in a second (no time,
no hint): 0.35 · 2 / 28 = 0.025; g = 1 / 4, so 0.0625; h = 1 − 1 / 3, so 0.133333; w = 360 / 900, so 0.08.
A_t = 0.300833.`,
	Want: 0.025 + 0.0625 + 0.2*(1-1.0/3) + 0.08,
	sql: `CASE WHEN answers > 0 THEN 0.35 * ` + clamp(`sessions::float8 / 28`) + `
		+ 0.25 * CASE WHEN moments < 2 THEN 0.5 ELSE ` + clamp(`1 / gap_days`) + ` END
		+ 0.20 * ` + clamp(`1 - hints::float8 / answers / 3`) + `
		+ 0.20 * CASE WHEN timed_sessions = 0 THEN 0.5 ELSE ` + clamp(`dwell_seconds / 900`) + ` END END`,
}

var reach = Formula{Key: "P", Title: "chance to reach the goal",
	Definition: `The probability that the learner's θ is at their goal or above: 1 − Φ((target − θ) / SE). The goal is the learner's
interest_goal of the highest priority that has a target (a null priority is 0; ties: the smallest topic_id, bytewise),
judged with that topic's θ, or the overall θ when the topic has none. Without a goal, it is the default target against
the overall θ. θ is the newest in the θ history at or before the end of d; one without a positive SE counts as none.
Null without a θ.`,
	Example: `The goal is 0.5 in a topic where θ = 0.8 with SE 0.4: (0.5 − 0.8) / 0.4 = −0.75, so P = 1 − Φ(−0.75) = 0.773373.`,
	Want:    0.77337264762313174,
	sql:     normalTail,
}

var churn = Formula{Key: "S", Title: "churn risk",
	Definition: `The risk that the learner stays away, from 0 to 1, over the 56 days [d−55, d]:
clamp(0.60 · clamp(days since / horizon) + 0.25 · clamp(mean gap / 7) + 0.15 · clamp(1 − sessions / 10)).
Activity is an answer, a ready exam result (at its created_at) or the end of a session. Days since = d − the UTC date of
the newest activity. A session's moment is its newest activity; gaps are the days between consecutive sessions'
moments, and with fewer than two sessions the gap term is 1. Answers without a session id make one session per
learner and UTC day. Null without activity.`,
	Example: `Two sessions four days apart, the last one 16 days before d, and a horizon of 14 days: 0.60 · 1 + 0.25 · 4 / 7 + 0.15 ·
(1 − 2 / 10) = 0.6 + 0.142857 + 0.12, so S = 0.862857.`,
	Want: 0.6 + 0.25*4/7 + 0.12,
	sql: `CASE WHEN visits > 0 THEN ` + clamp(`0.60 * `+clamp(`days_since / @horizon::float8`)+`
		+ 0.25 * CASE WHEN visits < 2 THEN 1 ELSE `+clamp(`visit_gap_days / 7`)+` END
		+ 0.15 * `+clamp(`1 - visits::float8 / 10`)) + ` END`,
}

// clamp brings an expression, which must not be null, to [0, 1].
func clamp(x string) string { return `greatest(0, least(1, ` + x + `))` }

// normalTail is 1 − Φ(z), null where z is: Hart's rational approximation (1968)
// as West gives it, "Better approximations to cumulative normal functions",
// Wilmott 2005; absolute error below 1e-15. PostgreSQL has erfc only from 16 on.
// kpiInputs holds z within [−38, 38], where exp cannot underflow.
const normalTail = `CASE WHEN z IS NULL THEN NULL WHEN z > 37 THEN 0 WHEN z < -37 THEN 1 ELSE
		CASE WHEN z < 0 THEN 1 ELSE 0 END + CASE WHEN z < 0 THEN -1 ELSE 1 END * exp(-z * z / 2) * CASE WHEN abs(z) < 7.07106781186547 THEN
			((((((0.0352624965998911 * abs(z) + 0.700383064443688) * abs(z) + 6.37396220353165) * abs(z) + 33.912866078383)
				* abs(z) + 112.079291497871) * abs(z) + 221.213596169931) * abs(z) + 220.206867912376)
			/ (((((((0.0883883476483184 * abs(z) + 1.75566716318264) * abs(z) + 16.064177579207) * abs(z) + 86.7807322029461)
				* abs(z) + 296.564248779674) * abs(z) + 637.333633378831) * abs(z) + 793.826512519948) * abs(z) + 440.413735824752)
		ELSE
			1 / (abs(z) + 1 / (abs(z) + 2 / (abs(z) + 3 / (abs(z) + 4 / (abs(z) + 0.65))))) / 2.506628274631
		END END`
