-- +goose Up
-- A calibration appends to the θ history where a learner has answered since their
-- last row there. A re-grade, or an answer that arrives after newer ones, changes
-- θ as well, without a newer answer to tell it by.

-- The revision at which the learner's past changed last; 0: it never did.
ALTER TABLE sextant.learner ADD COLUMN revised bigint NOT NULL DEFAULT 0;
-- The newest revision of the answers that the estimate stands on; null: from before it was kept.
ALTER TABLE sextant.theta_history ADD COLUMN revision bigint;

-- +goose Down
ALTER TABLE sextant.theta_history DROP COLUMN revision;
ALTER TABLE sextant.learner DROP COLUMN revised;
