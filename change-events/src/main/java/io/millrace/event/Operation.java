package io.millrace.event;

/** What happened to a row. The code is Debezium's {@code op}; the word is what people and the change history read. */
public enum Operation {
    CREATE("c", "create"),
    UPDATE("u", "update"),
    DELETE("d", "delete"),
    /** A row as a snapshot found it: a state, not a change. */
    READ("r", "read"),
    /** All rows of the table are gone; has no key and no images. */
    TRUNCATE("t", "truncate");

    private static final Operation[] ALL = values();

    private final String code;
    private final String word;

    Operation(String code, String word) {
        this.code = code;
        this.word = word;
    }

    /** Returns Debezium's one-letter code. */
    public String code() {
        return code;
    }

    /** Returns the lower-case word used in the change history and the API. */
    public String word() {
        return word;
    }

    /**
     * Returns the operation with this code.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Operation ofCode(String code) {
        for (Operation operation : ALL) {
            if (operation.code.equals(code)) {
                return operation;
            }
        }
        throw new IllegalArgumentException("Unknown operation code '" + code + "'");
    }
}
