package io.millrace.admin.web;

import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.web.bind.annotation.RequestMapping;

/** Answers what no other controller of the API takes, so that scripts never get a page. */
@Api
@Hidden
class ApiFallback {

    @RequestMapping("/api/**")
    void nothingHere(HttpServletRequest request) {
        throw Problem.notFound(
                "Resource",
                "There is no " + request.getMethod() + " " + request.getRequestURI()
                        + "; /api/v1/openapi lists what there is.");
    }
}
