package io.millrace.catalog.shaping;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a sink gets of a table, as people declare it. Immutable.
 *
 * <p>Columns are meant by their names at the source. Key columns can be renamed; they cannot be left out or masked, since the row's
 * address in the sink (document id, Redis key, the history's key) is made of their values and stays as it is. Expressions do not see
 * masked columns.
 *
 * @param only the columns that are sent; null for all, those included that the table gets later
 * @param names other names, by column
 * @param masks by column; hold for columns that are not sent too
 * @param filter CEL that is true for the rows that the sink is to hold; null for all
 * @param computed further fields, in order, behind the columns
 */
@JsonDeserialize(using = Shaping.Strict.class)
public record Shaping(
        @Nullable List<String> only,
        Map<String, String> names,
        Map<String, Mask> masks,
        @Nullable String filter,
        List<Computed> computed) {

    /** Everything as it is. */
    public static final Shaping NONE = new Shaping(null, Map.of(), Map.of(), null, List.of());

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addMixIn(Shaping.class, Plain.class)
            .build();

    /** Read member by member. */
    @JsonDeserialize(using = ValueDeserializer.None.class)
    private interface Plain {}

    /** Refuses members that it does not know, whatever reads it: a mask that is misspelt must not be taken for none. */
    static final class Strict extends ValueDeserializer<Shaping> {

        @Override
        public Shaping deserialize(JsonParser parser, DeserializationContext context) {
            return JSON.treeToValue(context.readTree(parser), Shaping.class);
        }
    }

    /** Members that are missing in JSON are empty. */
    @SuppressWarnings("NullAway")
    public Shaping {
        only = only == null ? null : List.copyOf(only);
        names = names == null ? Map.of() : ordered(names);
        masks = masks == null ? Map.of() : ordered(masks);
        filter = filter == null || filter.isBlank() ? null : filter.strip();
        computed = computed == null ? List.of() : List.copyOf(computed);
    }

    private static <V> Map<String, V> ordered(Map<String, V> given) {
        given.forEach((column, value) -> {
            if (value == null) {
                throw new IllegalArgumentException("Nothing is said for the column " + column + ": leave it out");
            }
        });
        return java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(given));
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if it is no shaping that this version knows
     */
    public static Shaping parse(String json) {
        try {
            return JSON.readValue(json, Shaping.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("The stored shaping cannot be read by this version of Millrace", e);
        }
    }

    public String toJson() {
        return JSON.writeValueAsString(this);
    }

    /** Returns the masks as a JSON object, by column; {@link #masks(String)} reads it. */
    public String masksJson() {
        return JSON.writeValueAsString(masks);
    }

    /**
     * Reads masks, by column.
     *
     * @param json a JSON object as {@link #masksJson} writes it
     * @throws IllegalArgumentException if they are none that this version knows
     */
    public static Map<String, Mask> masks(String json) {
        return parse("{\"masks\":" + json + "}").masks();
    }

    /** Returns whether it leaves everything as it is. */
    public boolean changesNothing() {
        return equals(NONE);
    }

    /** Returns the columns whose values are masked. */
    public Set<String> maskedColumns() {
        return masks.keySet();
    }

    /** Returns whether a column goes to the sink, in whatever form. */
    boolean sends(String column) {
        Mask mask = masks.get(column);
        return (only == null || only.contains(column)) && (mask == null || mask.kind() != Mask.Kind.DROP);
    }

    /** Returns the source's name of a column that the sink knows under this name; a computed field's own. */
    public String columnOf(String name) {
        return names.entrySet().stream()
                .filter(one -> one.getValue().equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(name);
    }

    /** Returns what a column is called in the sink. */
    public String nameOf(String column) {
        return names.getOrDefault(column, column);
    }
}
