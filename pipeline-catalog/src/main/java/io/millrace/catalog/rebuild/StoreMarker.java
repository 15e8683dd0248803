package io.millrace.catalog.rebuild;

/**
 * What must stand in a store that may forget.
 *
 * @param place which part of the store: each can forget for itself
 * @param marker the value's identity; another one, or none, says that the store was emptied or exchanged
 * @param run the store's own name of its run; another one says that it was started again
 * @param evicted its count of keys that it threw out, as far as that was dealt with
 */
public record StoreMarker(String sink, String place, String marker, String run, long evicted) {}
