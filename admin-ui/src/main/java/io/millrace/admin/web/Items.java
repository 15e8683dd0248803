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

    /**
     * Returns how many are asked for.
     *
     * @throws Problem 400 if that is none, or more than so many
     */
    public static int limit(int asked, int most) {
        if (asked < 1 || asked > most) {
            throw Problem.badRequest("The limit " + asked + " is not between 1 and " + most + ".");
        }
        return asked;
    }
}
