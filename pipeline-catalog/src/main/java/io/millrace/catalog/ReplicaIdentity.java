package io.millrace.catalog;

/** What PostgreSQL sends of the old row on UPDATE and DELETE ({@code pg_class.relreplident}). */
public enum ReplicaIdentity {
    DEFAULT,
    FULL,
    INDEX,
    NOTHING
}
