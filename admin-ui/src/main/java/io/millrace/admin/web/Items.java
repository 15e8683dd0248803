package io.millrace.admin.web;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list as the API returns it.
 *
 * @param next cursor of the next page; null on the last
 */
public record Items<T>(List<T> items, @Nullable String next) {

    /** Returns a list that is whole. */
    public static <T> Items<T> all(List<T> items) {
        return new Items<>(items, null);
    }
}
