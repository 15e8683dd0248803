package io.millrace.admin.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.springframework.boot.webmvc.autoconfigure.error.ErrorViewResolver;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.ModelAndView;

/** Our own pages for what fails outside a page's controller. */
@Component
class ErrorPages implements ErrorViewResolver {

    @Override
    public ModelAndView resolveErrorView(HttpServletRequest request, HttpStatus status, Map<String, Object> model) {
        return switch (status) {
            case NOT_FOUND ->
                PageModel.page(
                        request,
                        status,
                        "This page does not exist",
                        "The address may be mistyped, or what it showed was removed.");
            case FORBIDDEN ->
                PageModel.page(
                        request,
                        status,
                        "Your role does not allow this",
                        "An administrator can change roles under People. If you sent a form after a long pause, go back, reload"
                                + " the page and send it again.");
            case METHOD_NOT_ALLOWED, BAD_REQUEST ->
                PageModel.page(
                        request,
                        status,
                        "The request cannot be understood",
                        "A part of the address or of the form is missing or wrong. Go back and try again.");
            default ->
                PageModel.page(
                        request,
                        status,
                        "Millrace made a mistake",
                        "Nothing was changed by this request as far as is known. The log of the console holds the cause.");
        };
    }
}
