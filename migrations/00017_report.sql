-- +goose Up
-- The weekly report: where every variant of a learner's report is stored, and
-- the secret that the objects' names are made with.

-- A row per object, written after the object itself is stored. report_artifacts,
-- the platform's, holds the learner edition in the default language alone.
CREATE TABLE sextant.report_object (
    user_id      text COLLATE "C" NOT NULL,
    week_start   date NOT NULL,
    edition      text NOT NULL,
    lang         text NOT NULL,
    format       text NOT NULL,
    key          text NOT NULL, -- within the store
    url          text NOT NULL, -- s3://… or file://…
    size         bigint NOT NULL,
    checksum     text NOT NULL, -- sha256 of the object, in hex
    content_hash text NOT NULL, -- of what it was rendered from: the same again needs no rendering
    run_id       uuid NOT NULL,
    generated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, week_start, edition, lang, format)
);
CREATE INDEX report_object_week ON sextant.report_object (week_start, user_id);

-- Without the secret nobody can tell whose report an object is, nor guess the
-- name of another. The first report makes it.
CREATE TABLE sextant.installation (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    report_secret bytea NOT NULL CHECK (octet_length(report_secret) >= 32),
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE sextant.installation;
DROP TABLE sextant.report_object;
