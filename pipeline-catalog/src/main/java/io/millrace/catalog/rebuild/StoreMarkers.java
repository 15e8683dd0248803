package io.millrace.catalog.rebuild;

import java.util.List;

/** What is known of the markers in stores that may forget. Every call is one transaction; thread-safe. */
public interface StoreMarkers {

    /** Returns the markers of a sink, by place. */
    List<StoreMarker> of(String sink);

    /** Notes a marker in the place of the one that was known of its sink and place. */
    void put(StoreMarker marker);
}
