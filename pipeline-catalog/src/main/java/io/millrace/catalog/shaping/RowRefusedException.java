package io.millrace.catalog.shaping;

/** A row that cannot be shaped. The message holds no values of the row. */
final class RowRefusedException extends Exception {

    RowRefusedException(String message) {
        super(message);
    }
}
