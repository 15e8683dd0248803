package io.millrace.admin.history;

import org.jspecify.annotations.Nullable;

/**
 * One column of one event, as a page shows it.
 *
 * @param before the value before; {@code kind} says what stands for a missing one
 * @param after the value after
 * @param changed whether it is known to be another
 * @param masked whether it was recorded masked
 */
record FieldChange(String column, Side before, Side after, boolean changed, boolean masked) {

    /**
     * One side.
     *
     * @param text the value for people; null where there is none
     * @param kind VALUE; NULL: the column's value is NULL; ABSENT: there was no row; UNSENT: PostgreSQL did not send it
     */
    record Side(@Nullable String text, Kind kind) {

        enum Kind {
            VALUE,
            NULL,
            ABSENT,
            UNSENT
        }

        static final Side ABSENT = new Side(null, Kind.ABSENT);
        static final Side UNSENT = new Side(null, Kind.UNSENT);

        public boolean shown() {
            return text != null;
        }

        public boolean folded() {
            return text != null && (text.length() > 160 || text.lines().count() > 4);
        }

        /** Returns the beginning of a long value in one line, with its length. */
        public String brief() {
            String line = String.valueOf(text).replaceAll("\\s+", " ");
            return (line.length() > 80 ? line.substring(0, 80) + "…" : line) + " ("
                    + String.valueOf(text).length() + " characters)";
        }

        public String words() {
            return switch (kind) {
                case VALUE -> String.valueOf(text);
                case NULL -> "NULL";
                case ABSENT -> "no row";
                case UNSENT -> "not sent";
            };
        }
    }
}
