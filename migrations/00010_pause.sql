-- +goose Up
-- Who held a stage, when, why and until when. A row is a pause with its end: the
-- history is the audit, so pausing again or resuming closes a row and never
-- removes it.
CREATE TABLE sextant.pause (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage      text NOT NULL,
    actor      text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    until      timestamptz CHECK (until > at), -- null: until somebody resumes it
    resumed_at timestamptz,
    resumed_by text,
    CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);
CREATE UNIQUE INDEX pause_open ON sextant.pause (stage) WHERE resumed_at IS NULL;

-- +goose Down
DROP TABLE sextant.pause;
