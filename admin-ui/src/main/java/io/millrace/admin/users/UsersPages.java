package io.millrace.admin.users;

import static java.util.stream.Collectors.groupingBy;

import io.millrace.admin.security.Role;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** People and their API tokens. */
@Page
@RequestMapping("/users")
class UsersPages {

    private static final String BACK = "redirect:/users";

    private final Users users;
    private final Tokens tokens;

    UsersPages(Users users, Tokens tokens) {
        this.users = users;
        this.tokens = tokens;
    }

    @GetMapping
    String list(Model model) {
        model.addAttribute("users", users.all());
        model.addAttribute("tokens", tokens.all().stream().collect(groupingBy(Token::user)));
        model.addAttribute("allTokens", tokens.all());
        model.addAttribute("roles", Role.values());
        return "users";
    }

    @PostMapping
    String add(
            @RequestParam String name,
            @RequestParam String password,
            @RequestParam Role role,
            RedirectAttributes redirect) {
        return told(redirect, name + " may log in now.", () -> users.add(name.strip(), password, role));
    }

    @PostMapping("/{name}/role")
    String role(@PathVariable String name, @RequestParam Role role, RedirectAttributes redirect) {
        return told(redirect, "The role of " + name + " is changed.", () -> users.role(name, role));
    }

    @PostMapping("/{name}/enabled")
    String enabled(@PathVariable String name, @RequestParam boolean enabled, RedirectAttributes redirect) {
        return told(
                redirect,
                enabled ? name + " may log in again." : name + " is disabled; open sessions and tokens end now.",
                () -> users.enabled(name, enabled));
    }

    @PostMapping("/{name}/password")
    String password(@PathVariable String name, @RequestParam String password, RedirectAttributes redirect) {
        return told(
                redirect,
                "The password of " + name + " is changed; open sessions end now.",
                () -> users.password(name, password));
    }

    @PostMapping("/tokens")
    String issue(@RequestParam String user, @RequestParam String label, RedirectAttributes redirect) {
        return told(redirect, "", () -> {
            String text = label.isBlank() ? "script" : label.strip();
            redirect.addFlashAttribute("issued", tokens.issue(user, text));
        });
    }

    @PostMapping("/tokens/{id}/revoke")
    String revoke(@PathVariable long id, RedirectAttributes redirect) {
        return told(redirect, "The token is revoked: whoever uses it is refused from now on.", () -> tokens.revoke(id));
    }

    private static String told(RedirectAttributes redirect, String done, Runnable work) {
        try {
            work.run();
            if (!done.isEmpty()) {
                Notice.done(redirect, done);
            }
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return BACK;
    }
}
