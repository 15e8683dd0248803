package io.millrace.catalog.shaping;

/** A row that cannot be shaped. The message holds no values of the row. */
final class RowRefusedException extends Exception {

    private final boolean lacking;

    RowRefusedException(String message) {
        this(message, false);
    }

    RowRefusedException(String message, boolean lacking) {
        super(message);
        this.lacking = lacking;
    }

    /** Tells whether it could be shaped if PostgreSQL had sent all of its values. */
    boolean isLacking() {
        return lacking;
    }
}
