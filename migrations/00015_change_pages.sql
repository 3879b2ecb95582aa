-- +goose Up
-- Cutting empty pages off the change log's end closes it for a moment, and the
-- platform's notes of that moment are left out, since they wait for nothing. An
-- empty log without pages also makes plans that read all of it, dead rows too,
-- where the index leads straight to the few that live.
ALTER TABLE sextant.change SET (vacuum_truncate = off);

-- +goose Down
ALTER TABLE sextant.change RESET (vacuum_truncate);
