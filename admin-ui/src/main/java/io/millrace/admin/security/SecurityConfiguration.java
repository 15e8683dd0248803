package io.millrace.admin.security;

import static org.springframework.http.HttpMethod.GET;

import java.util.Set;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchyImpl;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.www.BasicAuthenticationFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import tools.jackson.databind.json.JsonMapper;

/** Three chains: management (an inner port, no login), the API (stateless), the pages (session and CSRF). */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

    /** Nothing from elsewhere, nothing inline. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /** A request of htmx for a part of a page: must not be answered with the login page, nor be where a login leads. */
    private static final RequestMatcher FRAGMENT = request -> request.getHeader("HX-Request") != null;

    /** A browser that once logged in to the API sends its name and password with what other sites' pages make it send, too. */
    static final RequestMatcher FROM_ELSEWHERE =
            request -> !Set.of("GET", "HEAD", "OPTIONS").contains(request.getMethod())
                    && Set.of("cross-site", "same-site").contains(String.valueOf(request.getHeader("Sec-Fetch-Site")));

    private static HttpSessionRequestCache wholePages() {
        HttpSessionRequestCache cache = new HttpSessionRequestCache();
        cache.setRequestMatcher(request -> "GET".equals(request.getMethod()) && !FRAGMENT.matches(request));
        return cache;
    }

    @Bean
    PasswordEncoder adminPasswordEncoder() {
        return new BCryptPasswordEncoder();
    }

    @Bean
    RoleHierarchy adminRoleHierarchy() {
        return RoleHierarchyImpl.withDefaultRolePrefix()
                .role("ADMIN")
                .implies("OPERATOR")
                .role("OPERATOR")
                .implies("AUDITOR")
                .build();
    }

    @Bean
    @Order(1)
    SecurityFilterChain managementSecurity(HttpSecurity http) throws Exception {
        return http.securityMatcher(EndpointRequest.toAnyEndpoint())
                .authorizeHttpRequests(all -> all.anyRequest().permitAll())
                .csrf(AbstractHttpConfigurer::disable)
                .build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain apiSecurity(HttpSecurity http, Accounts accounts, PasswordEncoder passwords, JsonMapper json)
            throws Exception {
        ApiRefusals refusals = new ApiRefusals(json);
        return http.securityMatcher("/api/**")
                .authorizeHttpRequests(paths -> paths.requestMatchers(FROM_ELSEWHERE)
                        .denyAll()
                        .requestMatchers("/api/v1/users/**", "/api/v1/tokens/**")
                        .hasRole("ADMIN")
                        .requestMatchers("/api/v1/sinks/*/tables/*/shaping/**")
                        .hasRole("OPERATOR")
                        .requestMatchers(GET, "/api/**")
                        .hasRole("AUDITOR")
                        .requestMatchers("/api/v1/sources/**")
                        .hasRole("ADMIN")
                        .anyRequest()
                        .hasRole("OPERATOR"))
                .csrf(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .requestCache(AbstractHttpConfigurer::disable)
                .authenticationProvider(new PasswordLogin(accounts, passwords))
                .httpBasic(basic -> basic.authenticationEntryPoint(refusals))
                .addFilterBefore(new TokenFilter(accounts, refusals), BasicAuthenticationFilter.class)
                .exceptionHandling(
                        refused -> refused.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
                .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain pageSecurity(HttpSecurity http, Accounts accounts, PasswordEncoder passwords) throws Exception {
        return http.authorizeHttpRequests(
                        paths -> paths.requestMatchers("/login", "/assets/**", "/webjars/**", "/favicon.svg", "/error")
                                .permitAll()
                                .requestMatchers("/users/**", "/sources/add")
                                .hasRole("ADMIN")
                                .requestMatchers("/preferences/**")
                                .hasRole("AUDITOR")
                                .requestMatchers("/tables/register/**", "/tables/*/sinks/*/shaping/**")
                                .hasRole("OPERATOR")
                                .requestMatchers(GET, "/**")
                                .hasRole("AUDITOR")
                                .requestMatchers("/sources/**")
                                .hasRole("ADMIN")
                                .anyRequest()
                                .hasRole("OPERATOR"))
                .authenticationProvider(new PasswordLogin(accounts, passwords))
                .formLogin(form -> form.loginPage("/login")
                        .defaultSuccessUrl("/")
                        .failureHandler((request, response, e) -> response.sendRedirect(
                                e instanceof AuthenticationServiceException ? "/login?down" : "/login?error")))
                .requestCache(cache -> cache.requestCache(wholePages()))
                .exceptionHandling(refused -> refused.defaultAuthenticationEntryPointFor(
                                (request, response, e) -> response.setHeader("HX-Redirect", "/login"), FRAGMENT)
                        .defaultAuthenticationEntryPointFor(
                                new LoginUrlAuthenticationEntryPoint("/login"), AnyRequestMatcher.INSTANCE))
                .logout(out -> out.logoutSuccessUrl("/login?out"))
                .addFilterBefore(new SessionCheck(accounts), AuthorizationFilter.class)
                .headers(headers -> headers.contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_POLICY))
                        .referrerPolicy(policy -> policy.policy(ReferrerPolicy.SAME_ORIGIN)))
                .build();
    }
}
