-- Which topic an offset counts in: Kafka gives each that is made an id of its own, so that one that was deleted and made again under its
-- name is told from the former, however far it has grown. NULL until a worker has looked.
ALTER TABLE delivery_offset ADD COLUMN topic_id uuid;
