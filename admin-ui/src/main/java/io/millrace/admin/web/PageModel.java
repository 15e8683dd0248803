package io.millrace.admin.web;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.servlet.ModelAndView;

/** Gives every page what the layout needs, and shows problems as pages. */
@ControllerAdvice(annotations = Page.class)
class PageModel {

    private static final Logger log = LoggerFactory.getLogger(PageModel.class);

    @ModelAttribute("fmt")
    Format format(HttpServletRequest request) {
        return Zones.format(request);
    }

    @ModelAttribute("viewer")
    @Nullable
    Viewer viewer(@Nullable Principal principal) {
        return Viewer.of(principal);
    }

    @ModelAttribute("here")
    String here(HttpServletRequest request) {
        return path(request);
    }

    @ExceptionHandler
    ModelAndView problem(Problem problem, HttpServletRequest request) {
        return page(request, problem.status(), problem.title(), problem.detail());
    }

    @ExceptionHandler
    ModelAndView database(DataAccessException e, HttpServletRequest request) {
        log.warn("The platform database did not answer", e);
        return page(
                request,
                HttpStatus.SERVICE_UNAVAILABLE,
                "The platform database does not answer",
                "Check that PostgreSQL at spring.datasource.url runs and takes connections, then reload this page.");
    }

    static ModelAndView page(HttpServletRequest request, HttpStatus status, String title, String detail) {
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("fmt", Zones.format(request));
        Viewer viewer = Viewer.of(request.getUserPrincipal());
        if (viewer != null) {
            model.put("viewer", viewer);
        }
        model.put("here", path(request));
        model.put("code", status.value());
        model.put("problemTitle", title);
        model.put("problemDetail", detail);
        return new ModelAndView("error", model, status);
    }

    private static String path(HttpServletRequest request) {
        String query = request.getQueryString();
        return request.getRequestURI() + (query == null || !"GET".equals(request.getMethod()) ? "" : "?" + query);
    }
}
