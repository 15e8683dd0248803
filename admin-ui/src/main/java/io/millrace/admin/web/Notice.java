package io.millrace.admin.web;

import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** What a page says once after a form was sent. */
public final class Notice {

    private Notice() {}

    /** It was done. */
    public static void done(RedirectAttributes redirect, String sentence) {
        redirect.addFlashAttribute("notice", sentence);
    }

    /** It was not done: why, and what to do. */
    public static void refused(RedirectAttributes redirect, String sentence) {
        redirect.addFlashAttribute("refusal", sentence);
    }
}
