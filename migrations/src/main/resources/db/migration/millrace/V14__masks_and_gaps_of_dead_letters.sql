-- What is masked in dead letters, and which of them leave a hole in their row.

-- The masks (io.millrace.catalog.shaping.Shaping#masks, as JSON) that payload and cause were kept under; NULL where that was not noted.
ALTER TABLE dead_letter ADD COLUMN masks jsonb;

-- Of a discarded one: whether a whole newer state of its row came since, so that no value of the row hangs on it any more.
ALTER TABLE dead_letter ADD COLUMN made_good boolean NOT NULL DEFAULT false;
CREATE INDEX dead_letter_gap ON dead_letter (sink, topic, partition, key_hash, record_offset)
    WHERE state = 'DISCARDED' AND NOT made_good;
