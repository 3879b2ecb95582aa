-- +goose Up
-- How well each item of a calibration follows its model: mean squares on every
-- bank, S-X² where enough learners took one form.
ALTER TABLE sextant.item_history
    ADD COLUMN infit  double precision,
    ADD COLUMN outfit double precision,
    ADD COLUMN sx2    double precision,
    ADD COLUMN sx2_df integer,
    ADD COLUMN sx2_p  double precision;

-- A bank's calibrations by data day: linking and the item histories walk them back.
CREATE INDEX calibration_bank_day ON sextant.calibration (bank, data_day DESC, fitted_at DESC);

-- +goose Down
DROP INDEX sextant.calibration_bank_day;
ALTER TABLE sextant.item_history
    DROP COLUMN infit, DROP COLUMN outfit, DROP COLUMN sx2, DROP COLUMN sx2_df, DROP COLUMN sx2_p;
