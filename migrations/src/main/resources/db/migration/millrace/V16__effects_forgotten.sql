-- Of effects whose events were captured before this, marks may have been dropped. Who raises the retention does not bring them back.
CREATE TABLE deduplication_forgotten (
    only_row          boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    captured_before   timestamptz NOT NULL
);
