package io.millrace.admin.web;

import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.time.ZoneOffset;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Lets the reader choose in which time zone pages write times. */
@Page
class ZonePages {

    @PostMapping("/preferences/zone")
    String choose(
            @RequestParam String zone, @RequestParam(defaultValue = "/") String back, HttpServletResponse response) {
        var chosen = Zones.parse(zone);
        // a slash is no cookie octet everywhere
        String value = chosen.equals(ZoneOffset.UTC) ? "UTC" : chosen.getId().replace('/', '~');
        response.addHeader(
                HttpHeaders.SET_COOKIE,
                ResponseCookie.from(Zones.COOKIE, value)
                        .path("/")
                        .maxAge(Duration.ofDays(365))
                        .httpOnly(true)
                        .sameSite("Lax")
                        .build()
                        .toString());
        boolean ours = back.startsWith("/") && !back.startsWith("//") && !back.contains("\\");
        return "redirect:" + (ours ? back : "/");
    }
}
