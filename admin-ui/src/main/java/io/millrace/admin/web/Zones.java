package io.millrace.admin.web;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** The reader's time zone, kept in a cookie; UTC until they choose another. */
final class Zones {

    static final String COOKIE = "millrace-zone";

    private Zones() {}

    static Format format(HttpServletRequest request) {
        return new Format(of(request), Instant.now());
    }

    private static ZoneId of(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(COOKIE)) {
                    return parse(cookie.getValue().replace('~', '/'));
                }
            }
        }
        return ZoneOffset.UTC;
    }

    /** Returns the zone of this name; UTC where there is none. */
    static ZoneId parse(@Nullable String name) {
        if (name == null || name.isBlank() || name.equals("UTC")) {
            return ZoneOffset.UTC;
        }
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            return ZoneOffset.UTC;
        }
    }
}
