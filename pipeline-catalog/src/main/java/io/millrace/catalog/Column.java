package io.millrace.catalog;

/**
 * A column of a captured table.
 *
 * @param type PostgreSQL's name of the type as {@code format_type} writes it, for example {@code numeric(20,6)} or {@code text[]}
 * @param typeName the base type's {@code pg_type.typname}, for example {@code numeric}, {@code _text}; of a domain the base type's. A type
 *     that belongs neither to the system nor to an extension stands behind its schema, {@code sales.mood}
 * @param oid the type's OID at the source
 * @param nullable whether NULL is allowed
 */
public record Column(String name, String type, String typeName, long oid, boolean nullable) {}
