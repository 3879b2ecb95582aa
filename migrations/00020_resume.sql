-- +goose Up
-- A pause tells why it was made; why it was ended belongs beside it.
ALTER TABLE sextant.pause ADD COLUMN resume_reason text;

-- +goose Down
ALTER TABLE sextant.pause DROP COLUMN resume_reason;
