package io.millrace.sync.deduplication;

import java.time.Duration;
import javax.sql.DataSource;

/** Guards of a process of its own. */
public final class TestDeduplication {

    private TestDeduplication() {}

    public static Deduplication on(DataSource platform) {
        return new Deduplication(platform, Duration.ofDays(8));
    }
}
