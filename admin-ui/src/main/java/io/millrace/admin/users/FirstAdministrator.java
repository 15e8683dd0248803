package io.millrace.admin.users;

import io.millrace.admin.security.Role;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.StartRefusedException;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** Makes the user {@code admin} where there are no users, before the web server takes requests. */
@Component
class FirstAdministrator implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(FirstAdministrator.class);
    private static final String NAME = "admin";
    /** Without the letters and digits that look alike. */
    private static final String ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private final Users users;
    private final AdministratorProperties properties;
    private volatile boolean running;

    FirstAdministrator(Users users, AdministratorProperties properties) {
        this.users = users;
        this.properties = properties;
    }

    @Override
    public void start() {
        running = true;
        String given = properties.password();
        String password = given == null ? generated() : given;
        if (!added(password)) {
            return;
        }
        if (given == null) {
            print(password);
        } else {
            log.info("Made the first administrator '{}' with the password of millrace.admin.password", NAME);
        }
    }

    private boolean added(String password) {
        try {
            return users.addFirst(NAME, password, Role.ADMIN);
        } catch (Problem e) {
            throw new StartRefusedException(
                    "The first administrator cannot have the password of MILLRACE_ADMIN_PASSWORD (millrace.admin.password). "
                            + e.detail(),
                    "Set another, or none: then one is generated and printed once.",
                    e);
        }
    }

    /** To the console and not to the log: logs are kept and sent elsewhere. */
    @SuppressWarnings("SystemOut")
    private static void print(String password) {
        System.out.printf(
                "%n  First administrator: user %s, password %s%n  Shown only this once; change it under People.%n%n",
                NAME, password);
    }

    private static String generated() {
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            text.append(i > 0 && i % 5 == 0 ? "-" : "").append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server, which starts in one of the last phases. */
    @Override
    public int getPhase() {
        return 0;
    }
}
