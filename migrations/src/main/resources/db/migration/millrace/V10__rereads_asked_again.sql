-- A row that is asked for once more while it is being answered.

-- how often it was asked for since the first time: an answer counts only for the questions that were there when it was read
ALTER TABLE reread ADD COLUMN asked int NOT NULL DEFAULT 0;
-- a table's oldest requests first
CREATE INDEX reread_in_order ON reread (table_id, id);
