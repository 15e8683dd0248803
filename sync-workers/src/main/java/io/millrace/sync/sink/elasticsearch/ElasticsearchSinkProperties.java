package io.millrace.sync.sink.elasticsearch;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the Elasticsearch sink.
 *
 * @param uris of one or more nodes of one cluster
 * @param username with {@code password}, for basic authentication
 * @param apiKey base64 as Elasticsearch shows it; instead of username and password
 * @param gcDeletes how long an index that is made from now on remembers the versions of deleted documents ({@code index.gc_deletes}, in
 *     heap); changes that are older than half of it, or of what their table's indexes have, are compared with Millrace's own tombstones
 *     first, which costs a request per batch
 * @param tombstoneRetention how long Millrace itself remembers which rows were deleted, for replays of changes that the server may have
 *     forgotten the deletes behind; must exceed the longest replay, that is the retention of the topics
 * @param caCertificates PEM file of the authorities that the cluster's certificate is checked against; unset: the JVM's
 * @param refreshInterval how soon searches see a change; unset is Elasticsearch's default: 1 s, and only for an index that is
 *     searched. Reading by id always sees it at once
 * @param maxBulk most bytes of one bulk request
 */
@Validated
@ConfigurationProperties("millrace.sinks.elasticsearch")
record ElasticsearchSinkProperties(
        @DefaultValue("http://localhost:19200") @NotEmpty List<URI> uris,
        @Nullable String username,
        @Nullable String password,
        @Nullable String apiKey,
        @DefaultValue("1") @Min(1) int numberOfShards,
        @DefaultValue("0") @Min(0) int numberOfReplicas,
        @DefaultValue("1h") Duration gcDeletes,
        @DefaultValue("30d") Duration tombstoneRetention,
        @Nullable Path caCertificates,
        @Nullable Duration refreshInterval,
        @DefaultValue("8MB") DataSize maxBulk,
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("30s") Duration requestTimeout) {

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "Elasticsearch at " + uris;
    }
}
