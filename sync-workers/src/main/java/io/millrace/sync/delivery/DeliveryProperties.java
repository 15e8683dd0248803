package io.millrace.sync.delivery;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of delivery.
 *
 * @param groupPrefix the consumer group of a sink is {@code <groupPrefix>.<sink>}
 * @param concurrency consumers per sink in this process: one reads while another waits for its sink
 * @param maxRecords most records of one batch
 * @param maxFetch most bytes that a consumer fetches at a time, of all partitions; with the batch it bounds the memory of a sink
 * @param maxPartitionFetch the same, of one partition
 * @param pollTimeout how long an idle consumer waits for records before it looks after its partitions; not a delay of records
 * @param catalogInterval how often the catalog is looked at for new tables, pauses and declarations; well below
 *     {@link io.millrace.catalog.Shapings#HOLDS_AFTER}, because delivery waits where what it said is older
 * @param sessionTimeout after which the partitions of a killed worker go to another; the broker's least is usually 6 s
 * @param backoffMin first wait after a fault
 * @param backoffMax longest wait after a fault
 * @param rowPatience how long a change that a sink of effects does not take, while it takes others, holds its partition; then it becomes a
 *     dead letter that is tried on by itself, and only its row waits for it
 * @param maxDeadLetters most rows of one partition with dead letters that are not settled; with more, the table's way to the sink is FAILED
 * @param drainTimeout how long a stop waits for batches that are being written
 */
@Validated
@ConfigurationProperties("millrace.sync.delivery")
record DeliveryProperties(
        @DefaultValue("millrace") String groupPrefix,
        @DefaultValue("2") @Min(1) @Max(64) int concurrency,
        @DefaultValue("4000") @Min(1) int maxRecords,
        @DefaultValue("8MB") DataSize maxFetch,
        @DefaultValue("2MB") DataSize maxPartitionFetch,
        @DefaultValue("50ms") Duration pollTimeout,

        @DefaultValue("300ms") @DurationMin(millis = 10) @DurationMax(seconds = 1)
        Duration catalogInterval,

        @DefaultValue("6s") Duration sessionTimeout,
        @DefaultValue("100ms") Duration backoffMin,
        @DefaultValue("10s") Duration backoffMax,
        @DefaultValue("15m") @DurationMin(millis = 1) Duration rowPatience,
        @DefaultValue("10000") @Min(1) int maxDeadLetters,
        @DefaultValue("30s") Duration drainTimeout) {}
