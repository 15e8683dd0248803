package io.millrace.sync.rebuild;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of rebuilds.
 *
 * @param interval how often the catalog is looked at for something to do
 * @param concurrency how many rebuilds this process works on at a time
 * @param maxRecords most records that a feed reads at a time
 * @param maxFetch most bytes that it fetches at a time; with the batch it bounds a feed's memory
 */
@Validated
@ConfigurationProperties("millrace.sync.rebuild")
record RebuildProperties(
        @DefaultValue("500ms") Duration interval,
        @DefaultValue("2") @Min(1) @Max(16) int concurrency,
        @DefaultValue("4000") @Min(1) int maxRecords,
        @DefaultValue("8MB") DataSize maxFetch) {}
