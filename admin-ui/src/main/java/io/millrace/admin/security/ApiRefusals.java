package io.millrace.admin.security;

import io.millrace.admin.web.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import tools.jackson.databind.json.JsonMapper;

/** Tells scripts why they are refused, as problem details and without a redirect to the login page. */
final class ApiRefusals implements AuthenticationEntryPoint, AccessDeniedHandler {

    private final JsonMapper json;

    ApiRefusals(JsonMapper json) {
        this.json = json;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException e)
            throws IOException {
        if (e instanceof AuthenticationServiceException) {
            write(
                    response,
                    new Problem(
                            HttpStatus.SERVICE_UNAVAILABLE,
                            "The platform database does not answer",
                            "Check that PostgreSQL at spring.datasource.url runs and takes connections, then ask again."));
            return;
        }
        boolean tried = request.getHeader(HttpHeaders.AUTHORIZATION) != null;
        response.addHeader(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"Millrace\", charset=\"UTF-8\"");
        response.addHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"Millrace\"");
        write(
                response,
                new Problem(
                        HttpStatus.UNAUTHORIZED,
                        tried ? "Name, password or token is wrong" : "Log in first",
                        "Send HTTP Basic with a name and a password, or 'Authorization: Bearer' with an API token."));
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException e)
            throws IOException {
        if (SecurityConfiguration.FROM_ELSEWHERE.matches(request)) {
            write(
                    response,
                    new Problem(
                            HttpStatus.FORBIDDEN,
                            "Another site's page asked for this",
                            "A browser sent it from a page that is not Millrace's. Use the pages here, or a program."));
            return;
        }
        write(
                response,
                new Problem(
                        HttpStatus.FORBIDDEN,
                        "Your role does not allow this",
                        request.getMethod() + " " + request.getRequestURI()
                                + " needs another role; an administrator can change yours."));
    }

    private void write(HttpServletResponse response, Problem problem) throws IOException {
        ProblemDetail detail = problem.toDetail();
        response.setStatus(detail.getStatus());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.getOutputStream().write(json.writeValueAsString(detail).getBytes(StandardCharsets.UTF_8));
    }
}
