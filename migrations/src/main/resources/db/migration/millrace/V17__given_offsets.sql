-- Up to where a sink was given a partition's records, before it was rewound. Not replay_until: that one outlives a topic that is made anew,
-- for the new one may hold the same changes again. Only what was given may be passed over by a rewind that goes ahead.
ALTER TABLE delivery_offset ADD COLUMN given_until bigint NOT NULL DEFAULT 0;
