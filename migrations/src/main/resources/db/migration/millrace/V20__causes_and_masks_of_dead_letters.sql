-- Which masks hold for what is shown of dead letters.

-- The masks that the sink was given the record under when it said the cause, which may quote whatever they left; NULL where it quotes
-- nothing. Not those of the payload: once a mask is lifted, causes are said without it.
ALTER TABLE dead_letter ADD COLUMN said_under jsonb DEFAULT '{}';
UPDATE dead_letter SET said_under = masks WHERE masks <> '{}';
-- io.millrace.catalog.LetterCauses
UPDATE dead_letter SET said_under = NULL
WHERE cause LIKE 'An earlier change of this row is a dead letter: %' OR cause LIKE 'Not shown: the words may quote values of columns %';

-- The version of the shaping whose masks the binding's dead letters have: below the present one they are masked before anybody sees them.
ALTER TABLE sink_binding ADD COLUMN letters_masked integer NOT NULL DEFAULT 0;
