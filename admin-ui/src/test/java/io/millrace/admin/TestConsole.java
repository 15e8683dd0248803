package io.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;

import io.millrace.localstack.LocalStack;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.security.test.web.servlet.setup.SecurityMockMvcConfigurers;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.web.context.WebApplicationContext;

/** The console on a platform database of its own, as tests start and ask it. */
final class TestConsole {

    /** Of the user {@code admin}, and of those that tests add. */
    static final String PASSWORD = "correct horse battery";

    private TestConsole() {}

    static ConfigurableApplicationContext start(LocalStack stack, String database) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        stack.postgresJdbcUrl("postgres"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return new SpringApplicationBuilder(AdminApplication.class)
                .web(WebApplicationType.SERVLET)
                .properties("spring.config.name=admin-ui")
                .run(
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.datasource.url=" + stack.postgresJdbcUrl(database),
                        "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                        "--millrace.admin.password=" + PASSWORD,
                        "--millrace.catalog.secret=a secret of tests");
    }

    static MockMvcTester web(ConfigurableApplicationContext console) {
        return MockMvcTester.from(
                (WebApplicationContext) console, builder -> builder.apply(SecurityMockMvcConfigurers.springSecurity())
                        .build());
    }

    /** Signs a user in, whose password is {@link #PASSWORD}. */
    static MockHttpSession session(MockMvcTester web, String user) {
        MvcTestResult login = web.post()
                .uri("/login")
                .with(csrf())
                .param("username", user)
                .param("password", PASSWORD)
                .exchange();
        assertThat(login).hasStatus(302).hasRedirectedUrl("/");
        return (MockHttpSession) login.getRequest().getSession();
    }
}
