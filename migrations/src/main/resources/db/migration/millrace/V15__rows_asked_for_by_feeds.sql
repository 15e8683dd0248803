-- A feed asked capture for rows and their answers are not fed yet: whoever goes on with it must know.
ALTER TABLE sink_rebuild ADD COLUMN asked boolean NOT NULL DEFAULT false;
