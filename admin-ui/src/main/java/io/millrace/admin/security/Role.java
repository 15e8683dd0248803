package io.millrace.admin.security;

/** What a person may do; each role may also do what the ones below it may. */
public enum Role {
    /** Sources, users and tokens too. */
    ADMIN,
    /** Registers, pauses, resumes and removes tables, takes snapshots, waits on the barrier. */
    OPERATOR,
    /** Reads everything but users and tokens, and changes nothing. */
    AUDITOR
}
