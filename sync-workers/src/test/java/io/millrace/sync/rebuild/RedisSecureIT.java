package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestCertificate;
import io.millrace.sync.fixture.TestTables;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** A Redis that speaks TLS alone, under an authority of its own, and knows one user. */
@ExtendWith(LocalStackExtension.class)
class RedisSecureIT {

    @Test
    void changesArriveOverTlsAsTheUserOfTheAccessList(LocalStack stack, @TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory);
        int port = RedisProcess.freePort();
        try (RedisProcess redis = RedisProcess.start(
                        "redis-secure",
                        port,
                        List.of(
                                "--port",
                                "0",
                                "--tls-port",
                                Integer.toString(port),
                                "--tls-cert-file",
                                certificate.certificate().toString(),
                                "--tls-key-file",
                                certificate.key().toString(),
                                "--tls-ca-cert-file",
                                certificate.certificate().toString(),
                                "--tls-auth-clients",
                                "no",
                                "--user",
                                "default",
                                "off",
                                "--user",
                                "millrace",
                                "on",
                                ">s3cret",
                                "~*",
                                "&*",
                                "+@all"));
                RebuildLab lab = new RebuildLab(stack, "redis_secure")) {
            lab.register("redis", TestTables.itemColumns());
            try (ConfigurableApplicationContext workers = lab.workers(
                    "redis",
                    "--spring.data.redis.port=" + port,
                    "--spring.data.redis.username=millrace",
                    "--spring.data.redis.password=s3cret",
                    "--spring.data.redis.ssl.bundle=redis",
                    "--spring.ssl.bundle.pem.redis.truststore.certificate=file:" + certificate.certificate())) {
                lab.put(1, "over TLS");
                lab.producer.flush();
                RedisClient client = RedisClient.create(RedisURI.builder()
                        .withHost("localhost")
                        .withPort(port)
                        .withSsl(true)
                        .withAuthentication("millrace", "s3cret".toCharArray())
                        .build());
                client.setOptions(ClientOptions.builder()
                        .sslOptions(SslOptions.builder()
                                .trustManager(certificate.certificate().toFile())
                                .build())
                        .build());
                try (var connection = client.connect()) {
                    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(connection
                                    .sync()
                                    .get("shop:public." + lab.table.table().table() + ":1"))
                            .contains("over TLS"));
                } finally {
                    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
                }
            }
        }
    }
}
