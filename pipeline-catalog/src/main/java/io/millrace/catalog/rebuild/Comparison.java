package io.millrace.catalog.rebuild;

import java.util.List;

/**
 * What comparing a copy with what readers see has found.
 *
 * @param live how many entries readers see
 * @param copy how many the copy holds
 * @param same how many are there in both, in the same version and with the same content
 * @param missing how many the copy lacks
 * @param older how many the copy holds in an older version
 * @param changed how many differ in content alone, as after a change of columns, shape or options
 * @param added how many only the copy holds, or holds in a newer version: the live one lacked them
 * @param examples of identities that are missing or older; keys, no values
 */
public record Comparison(
        long live, long copy, long same, long missing, long older, long changed, long added, List<String> examples) {

    public Comparison {
        examples = List.copyOf(examples);
    }

    /** Returns a comparison that finds nothing to object to. */
    public static Comparison none() {
        return new Comparison(0, 0, 0, 0, 0, 0, 0, List.of());
    }

    /** Tells whether readers would lose something by the exchange. */
    public boolean loses() {
        return missing + older > 0;
    }

    /** Tells whether readers would lose nothing by the exchange beyond what another comparison has found. */
    public boolean losesNoMoreThan(Comparison other) {
        return missing <= other.missing && older <= other.older;
    }
}
