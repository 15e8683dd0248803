package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.PostgresCluster;
import io.millrace.localstack.junit.LocalStackExtension;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A source that is only talked to when its certificate proves who it is: {@code sslmode=verify-full}. */
@ExtendWith(LocalStackExtension.class)
class TlsIT {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final LocalStack stack;
    private final String home = System.getProperty("user.home");

    @TempDir
    private Path directory;

    private PostgresCluster server;
    private CaptureLab lab;

    TlsIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void serverWithCertificate() throws Exception {
        server = PostgresCluster.create(Path.of("target/clusters/tls"), "").start();
        Path data = Path.of(text("SHOW data_directory"));
        server.stop();
        Certificate own = certificate("server");
        Files.writeString(data.resolve("server.crt"), own.certificate());
        Files.writeString(data.resolve("server.key"), own.key());
        Files.setPosixFilePermissions(data.resolve("server.key"), PosixFilePermissions.fromString("rw-------"));
        server.with("ssl = on").start();
        // where pgjdbc looks for the certificate of those to trust, as libpq does
        Files.createDirectories(directory.resolve(".postgresql"));
        Files.writeString(directory.resolve(".postgresql/wanted.crt"), own.certificate());
        System.setProperty("user.home", directory.toString());
        lab = new CaptureLab(stack, server).with("--millrace.capture.max-backoff=1s");
        lab.source = at("localhost");
    }

    @AfterEach
    void stop() throws Exception {
        System.setProperty("user.home", home);
        lab.close();
        server.close();
    }

    private Source at(String host) {
        return Source.of(lab.id, host, server.port(), "shop", "postgres", "postgres", "verify-full");
    }

    private void trust(String certificate) throws Exception {
        Files.writeString(directory.resolve(".postgresql/root.crt"), certificate);
    }

    private record Certificate(String certificate, String key) {}

    /** Signed by itself, for the name localhost. */
    private Certificate certificate(String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "it",
                        "-keyalg",
                        "RSA",
                        "-validity",
                        "2",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        return new Certificate(
                pem("CERTIFICATE", keys.getCertificate("it").getEncoded()),
                pem("PRIVATE KEY", keys.getKey("it", PASSWORD).getEncoded()));
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
    }

    private String text(String sql) throws SQLException {
        return String.join(",", texts(sql));
    }

    private List<String> texts(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("shop"), "postgres", "postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (row.next()) {
                texts.add(row.getString(1));
            }
            return texts;
        }
    }

    @Test
    void onlyTheServerWithTheTrustedCertificateIsCapturedAndOnlyEncrypted() throws Exception {
        trust(certificate("another").certificate());
        lab.start();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().source(lab.id).orElseThrow().state() == SourceState.WAITING);
        assertThat(lab.catalog().source(lab.id).orElseThrow().message())
                .contains("localhost:" + server.port() + "/shop", "root.crt");

        trust(Files.readString(directory.resolve(".postgresql/wanted.crt")));
        lab.sql("CREATE TABLE secret (id int PRIMARY KEY)", "INSERT INTO secret VALUES (1)");
        lab.streaming("secret");
        lab.sql("INSERT INTO secret VALUES (2)");
        lab.awaitEvents("secret", 2);

        assertThat(
                        texts(
                                "SELECT s.ssl::text || ' ' || s.version FROM pg_stat_ssl s JOIN pg_stat_replication USING (pid)"))
                .containsExactly("true TLSv1.3");
        assertThat(texts("SELECT a.application_name FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
                        + " WHERE a.datname = 'shop' AND NOT s.ssl"))
                .as("connections in clear")
                .isEmpty();
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
        trust(Files.readString(directory.resolve(".postgresql/wanted.crt")));
        SourceConnection.open(at("localhost"), "test").close();
        assertThatThrownBy(() -> SourceConnection.open(at("127.0.0.1"), "test"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("127.0.0.1");
    }
}
