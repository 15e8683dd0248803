package io.millrace.admin.security;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.dao.DataAccessException;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Checks a name and a password. A script that polls with HTTP Basic would pay for bcrypt at every request (some 60 ms of a core), so
 * a keyed digest of what was found right is remembered; it covers the stored hash, so a new password takes effect at once.
 */
final class PasswordLogin implements AuthenticationProvider {

    private static final int REMEMBERED = 256;

    private final Accounts accounts;
    private final PasswordEncoder passwords;
    private final String nobodysHash;
    private final SecretKeySpec key;
    private final Map<String, Boolean> right = new LinkedHashMap<>();

    PasswordLogin(Accounts accounts, PasswordEncoder passwords) {
        this.accounts = accounts;
        this.passwords = passwords;
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, "HmacSHA256");
        this.nobodysHash = encode(Base64.getEncoder().encodeToString(random));
    }

    private String encode(String password) {
        return String.valueOf(passwords.encode(password));
    }

    @Override
    public Authentication authenticate(Authentication request) {
        String name = request.getName();
        String password = String.valueOf(request.getCredentials());
        Optional<Account> account = account(name);
        // an unknown name takes as long as a wrong password: nobody learns which of the two was wrong
        boolean matches = matches(password, account.map(Account::passwordHash).orElse(nobodysHash));
        if (account.isEmpty() || !matches || !account.get().enabled()) {
            throw new BadCredentialsException("Name or password is wrong");
        }
        return signedIn(account.get());
    }

    private Optional<Account> account(String name) {
        try {
            return accounts.account(name);
        } catch (DataAccessException e) {
            throw new AuthenticationServiceException("The platform database does not answer", e);
        }
    }

    static Authentication signedIn(Account account) {
        return new UsernamePasswordAuthenticationToken(
                SignedIn.of(account),
                null,
                List.of(new SimpleGrantedAuthority("ROLE_" + account.role().name())));
    }

    private boolean matches(String password, String hash) {
        String digest = digest(password + '\0' + hash);
        synchronized (right) {
            if (right.containsKey(digest)) {
                return true;
            }
        }
        // bcrypt takes 72 bytes and refuses to compare more
        if (password.getBytes(StandardCharsets.UTF_8).length > 72 || !passwords.matches(password, hash)) {
            return false;
        }
        synchronized (right) {
            if (right.size() >= REMEMBERED) {
                right.clear();
            }
            right.put(digest, true);
        }
        return true;
    }

    private String digest(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("Every Java platform has HmacSHA256", e);
        }
    }

    @Override
    public boolean supports(Class<?> authentication) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(authentication);
    }
}
