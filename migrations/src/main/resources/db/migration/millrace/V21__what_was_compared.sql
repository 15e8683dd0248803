-- Which index was compared with what readers see: the new one, or at a rollback the one that is gone back to. The state alone does not
-- tell: a rollback that was given up leaves its comparison behind.
ALTER TABLE sink_rebuild ADD COLUMN compared_back boolean NOT NULL DEFAULT false;
UPDATE sink_rebuild SET compared_back = true
WHERE keep_until IS NOT NULL AND state IN ('DIFFERENT', 'EXCHANGING_BACK', 'ROLLED_BACK');
