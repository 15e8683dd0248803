package io.millrace.admin.web;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;

/** Something that cannot be done, told to the person who asked: what is wrong, where, and what to do. */
public final class Problem extends RuntimeException {

    private final HttpStatus status;
    private final String title;
    private final Map<String, Object> more = new LinkedHashMap<>();

    /**
     * Makes a problem.
     *
     * @param title what is wrong in a few words
     * @param detail the same with names, and the way out
     */
    public Problem(HttpStatus status, String title, String detail) {
        super(detail);
        this.status = status;
        this.title = title;
    }

    /** Nothing is there under this name. */
    public static Problem notFound(String what, String detail) {
        return new Problem(HttpStatus.NOT_FOUND, what + " not found", detail);
    }

    /** The request itself is wrong. */
    public static Problem badRequest(String detail) {
        return new Problem(HttpStatus.BAD_REQUEST, "The request cannot be understood", detail);
    }

    /** Adds a member to the problem detail. */
    public Problem with(String name, Object value) {
        more.put(name, value);
        return this;
    }

    public HttpStatus status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** Returns the members added, in their order. */
    public Map<String, Object> more() {
        return more;
    }

    /** Returns the sentence with the way out. */
    public String detail() {
        String message = getMessage();
        return message == null ? title : message;
    }

    /** Returns the RFC 9457 form. */
    public ProblemDetail toDetail() {
        return detail(status, title, getMessage(), more);
    }

    static ProblemDetail detail(HttpStatus status, String title, @Nullable String text, Map<String, Object> more) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, text);
        problem.setTitle(title);
        more.forEach(problem::setProperty);
        return problem;
    }
}
