-- For how long a sink remembers what, and the setting that says so: a replay of older changes would go wrong, bring rows back for example.
ALTER TABLE sink ADD COLUMN remembers interval;
ALTER TABLE sink ADD COLUMN remembers_what text;
ALTER TABLE sink ADD COLUMN remembers_setting text;

-- Whether the sink lacks something until this is done: entries were lost, or have other keys or forms by now.
ALTER TABLE sink_rebuild ADD COLUMN needed boolean NOT NULL DEFAULT false;
UPDATE sink_rebuild SET needed = true WHERE kind = 'REFILL' AND reason NOT LIKE 'Asked for by %';
