-- +goose Up
-- The fact table every stage reads, and how it is kept true to its source.

-- Learner ids compare byte for byte, hence COLLATE "C" throughout.
CREATE TABLE sextant.answer (
    user_id          text COLLATE "C" NOT NULL,
    item_id          text COLLATE "C" NOT NULL,
    topic_id         text COLLATE "C",
    session_id       text COLLATE "C",
    correct          boolean NOT NULL,
    response_time_ms integer,
    hints            integer NOT NULL,
    answered_at      timestamptz NOT NULL,
    source_key       text COLLATE "C" NOT NULL,
    position         integer NOT NULL, -- orders the answers of one moment, before source_key
    CONSTRAINT answer_pkey PRIMARY KEY (source_key, position)
);
CREATE INDEX answer_user ON sextant.answer (user_id, answered_at);
CREATE INDEX answer_moment ON sextant.answer (answered_at);

-- Answers counted by learner, topic ('' for none) and UTC day, kept with them:
-- the windows of the improvement index read a fifth of the rows here.
CREATE TABLE sextant.answer_tally (
    user_id  text COLLATE "C" NOT NULL,
    topic_id text COLLATE "C" NOT NULL,
    day      date NOT NULL,
    attempts integer NOT NULL,
    correct  integer NOT NULL,
    PRIMARY KEY (user_id, topic_id, day)
);
CREATE INDEX answer_tally_day ON sextant.answer_tally (day);

-- What was last seen of each exam_results row (or, for an attempt table, of
-- each session that does not resolve to a learner yet).
CREATE TABLE sextant.source_session (
    session_id text COLLATE "C" PRIMARY KEY,
    user_id    text COLLATE "C",
    status     text,
    created_at timestamptz,
    updated_at timestamptz
);
CREATE INDEX source_session_created ON sextant.source_session (created_at);

-- One row a UTC day that ever had answers; revision grows whenever they change,
-- so that a published day knows whether it is still true.
CREATE SEQUENCE sextant.revision;
CREATE TABLE sextant.answer_day (
    day      date PRIMARY KEY,
    revision bigint NOT NULL
);

CREATE TABLE sextant.sync_state (
    singleton     boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    source        text NOT NULL CHECK (source IN ('attempt', 'responses', 'exam_results')),
    reader        text NOT NULL,        -- the relation it was read from: an attempt view may stand on exam_results
    watermark     timestamptz,          -- the newest updated_at that has been read
    synced_at     timestamptz NOT NULL, -- the last sync that ran through
    full_at       timestamptz,          -- the last that read everything
    reconciled_at timestamptz           -- the last comparison by day with the source
);

CREATE TABLE sextant.learner (
    user_id  text COLLATE "C" PRIMARY KEY,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    answers  bigint NOT NULL,
    sessions integer NOT NULL
);
CREATE INDEX learner_last ON sextant.learner (last_at DESC, user_id);

-- Substring search over ids wants trigrams; where the extension cannot be had,
-- for whatever reason, the search falls back to a scan.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXECUTE (SELECT format('CREATE INDEX learner_trgm ON sextant.learner USING gin (user_id %I.gin_trgm_ops)', nspname)
             FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_trgm');
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'pg_trgm cannot be used (%): learners are searched by a scan', SQLERRM;
END $$;
-- +goose StatementEnd

CREATE TABLE sextant.quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL,
    source_key  text COLLATE "C" NOT NULL,
    position    integer NOT NULL, -- 0: the row as a whole
    reason      text NOT NULL,
    raw         jsonb,
    first_seen  timestamptz NOT NULL DEFAULT now(),
    last_seen   timestamptz NOT NULL DEFAULT now(),
    times_seen  integer NOT NULL DEFAULT 1,
    resolved_at timestamptz, -- when a later reading found nothing wrong any more
    UNIQUE (source, source_key, position, reason)
);
CREATE INDEX quarantine_reason ON sextant.quarantine (reason, last_seen DESC);

-- How the values of a source are read. Each gives null for what cannot be read;
-- none can raise, whatever the value: one bad answer costs that answer only.
-- Regular expressions cost microseconds each, so JSON numbers go without; and
-- each is one expression, so that the planner can inline it. White space is
-- spelled out: \s has more of it than the casts accept.

-- A number, or a text that is one; null when it is neither or absurdly long.
CREATE FUNCTION sextant.read_number(v jsonb) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(v)
        WHEN 'number' THEN v::numeric
        WHEN 'string' THEN CASE
            WHEN octet_length(v #>> '{}') <= 200
             AND v #>> '{}' ~ '^[ \t\n\r\f\v]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?[ \t\n\r\f\v]*$'
            THEN (v #>> '{}')::numeric
        END
    END $$;

-- A whole bigint in canonical decimal form: 101 and 101.0 → '101'.
CREATE FUNCTION sextant.whole(n numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n BETWEEN -9223372036854775808 AND 9223372036854775807 AND n % 1 = 0 THEN n::bigint::text END $$;

-- A verdict: true, false, 0, 1, or a text that PostgreSQL's boolean cast reads.
CREATE FUNCTION sextant.read_verdict(v jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(v)
        WHEN 'boolean' THEN v::boolean
        WHEN 'number' THEN CASE v::numeric WHEN 1 THEN true WHEN 0 THEN false END
        WHEN 'string' THEN CASE
            WHEN v #>> '{}' ~* '^[ \t\n\r\f\v]*(t|tr|tru|true|y|ye|yes|on|1|f|fa|fal|fals|false|n|no|of|off|0)[ \t\n\r\f\v]*$'
            THEN (v #>> '{}')::boolean
        END
    END $$;

-- +goose Down
DROP FUNCTION sextant.read_verdict(jsonb), sextant.whole(numeric), sextant.read_number(jsonb);
DROP TABLE sextant.quarantine, sextant.learner, sextant.sync_state, sextant.answer_day,
    sextant.answer_tally, sextant.source_session, sextant.answer;
DROP SEQUENCE sextant.revision;
