-- A rollback compares, and then exchanges: interrupted behind the exchange, there is nothing left to compare.
ALTER TABLE sink_rebuild DROP CONSTRAINT sink_rebuild_state_check;
ALTER TABLE sink_rebuild ADD CONSTRAINT sink_rebuild_state_check CHECK (state IN (
    'REQUESTED', 'PREPARING', 'FEEDING', 'COMPARING', 'DIFFERENT', 'EXCHANGING', 'SWITCHED', 'RETIRING', 'ROLLING_BACK',
    'EXCHANGING_BACK', 'CANCELLING', 'FAILING', 'DONE', 'ROLLED_BACK', 'CANCELLED', 'FAILED'));
