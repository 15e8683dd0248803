package io.millrace.admin.web;

import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Answers what goes wrong in the API as problem details. */
@RestControllerAdvice(annotations = Api.class)
class ApiProblems extends ResponseEntityExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ApiProblems.class);

    @ExceptionHandler
    ResponseEntity<ProblemDetail> problem(Problem problem) {
        return answer(problem.status(), problem.toDetail());
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> database(DataAccessException e) {
        log.warn("The platform database did not answer", e);
        return answer(
                HttpStatus.SERVICE_UNAVAILABLE,
                Problem.detail(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "The platform database does not answer",
                        "Check that PostgreSQL at spring.datasource.url runs and takes connections, then ask again.",
                        Map.of()));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> parameter(MethodArgumentTypeMismatchException e) {
        return problem(Problem.badRequest("The parameter " + e.getName() + " cannot be '" + e.getValue() + "'."));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> unexpected(Exception e) {
        log.error("A request to the API failed", e);
        return answer(
                HttpStatus.INTERNAL_SERVER_ERROR,
                Problem.detail(
                        HttpStatus.INTERNAL_SERVER_ERROR,
                        "Millrace made a mistake",
                        "The log of the console holds the cause.",
                        Map.of()));
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Throwable cause = e.getMostSpecificCause();
        String said = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        ProblemDetail body = Problem.badRequest("The body is not the JSON object that is expected here: " + said)
                .toDetail();
        return handleExceptionInternal(e, body, headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Map<String, String> fields = e.getBindingResult().getFieldErrors().stream()
                .collect(Collectors.toMap(
                        error -> error.getField(),
                        error -> String.valueOf(error.getDefaultMessage()),
                        (first, second) -> first + "; " + second,
                        java.util.TreeMap::new));
        ProblemDetail body = Problem.badRequest("Some members are missing or wrong: " + fields + ".")
                .with("members", fields)
                .toDetail();
        return handleExceptionInternal(e, body, headers, status, request);
    }

    private static ResponseEntity<ProblemDetail> answer(HttpStatus status, ProblemDetail body) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(body);
    }
}
