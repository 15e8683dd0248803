package io.millrace.catalog.shaping;

import dev.cel.common.types.OpaqueType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * An exact number, what {@code numeric} is in expressions. Equal by value, whatever the scale. As in PostgreSQL, NaN equals itself and is
 * above all others.
 */
final class Decimal implements Comparable<Decimal> {

    static final OpaqueType TYPE = OpaqueType.create("decimal");

    /** More than PostgreSQL's 131,072 digits before the point are never meant. */
    private static final int MOST_DIGITS = 150_000;

    private final @Nullable BigDecimal number;
    /** -1, 1 or 2 for -Infinity, Infinity and NaN. */
    private final int special;

    private Decimal(@Nullable BigDecimal number, int special) {
        this.number = number;
        this.special = special;
    }

    static Decimal of(BigDecimal number) {
        if (number.precision() > MOST_DIGITS || Math.abs((long) number.scale()) > MOST_DIGITS) {
            throw new IllegalArgumentException("A decimal of too many digits");
        }
        return new Decimal(number, 0);
    }

    static Decimal of(long number) {
        return of(BigDecimal.valueOf(number));
    }

    static Decimal parse(String text) {
        return switch (text) {
            case "NaN" -> new Decimal(null, 2);
            case "Infinity" -> new Decimal(null, 1);
            case "-Infinity" -> new Decimal(null, -1);
            default -> {
                if (text.length() > 2 * MOST_DIGITS) {
                    throw new IllegalArgumentException("A decimal of too many digits");
                }
                yield of(new BigDecimal(text));
            }
        };
    }

    Decimal plus(Decimal other) {
        return of(finite().add(other.finite()));
    }

    Decimal minus(Decimal other) {
        return of(finite().subtract(other.finite()));
    }

    Decimal times(Decimal other) {
        if ((long) finite().precision() + other.finite().precision() > MOST_DIGITS) {
            throw new IllegalArgumentException("A decimal of too many digits");
        }
        return of(finite().multiply(other.finite()));
    }

    private BigDecimal finite() {
        if (number == null) {
            throw new IllegalArgumentException("No arithmetic with NaN and infinity");
        }
        return number;
    }

    double toDouble() {
        return number == null ? Double.parseDouble(toString()) : number.doubleValue();
    }

    @Override
    public int compareTo(Decimal other) {
        BigDecimal theirs = other.number;
        return number == null || theirs == null ? Integer.compare(special, other.special) : number.compareTo(theirs);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Decimal decimal && compareTo(decimal) == 0;
    }

    @Override
    public int hashCode() {
        return number == null ? special : number.stripTrailingZeros().hashCode();
    }

    /** Returns PostgreSQL's text. */
    @Override
    public String toString() {
        if (number != null) {
            return number.toPlainString();
        }
        return special == 2 ? "NaN" : special == 1 ? "Infinity" : "-Infinity";
    }
}
