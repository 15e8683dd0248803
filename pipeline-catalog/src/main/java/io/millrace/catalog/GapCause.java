package io.millrace.catalog;

/** Why changes of a source may be missing. */
public enum GapCause {
    /** The replication slot is gone. */
    SLOT_MISSING,
    /** The slot was made anew, or moved on by someone else: it begins behind what was captured. */
    SLOT_MOVED,
    /** The server removed WAL that the slot still needed: {@code max_slot_wal_keep_size}. */
    WAL_REMOVED,
    /** The slot was not read for longer than {@code idle_replication_slot_timeout} allows. */
    SLOT_IDLE_TIMEOUT,
    /** The server invalidated the slot for another reason. */
    SLOT_INVALIDATED,
    /** The publication is gone: what was written meanwhile cannot be decoded. */
    PUBLICATION_MISSING,
    /** One table was taken out of the publication for a while: what was written to it meanwhile was not sent. */
    TABLE_UNPUBLISHED,
    /** The server was set back to an earlier state, for example from a backup. */
    RESTORED,
    /** Another server was promoted, and does not hold all that was captured or no slot to go on with. */
    PROMOTED,
    /** The server belongs to another cluster. */
    OTHER_SYSTEM,
    /** A person began a new epoch by hand. */
    BY_HAND
}
