package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Deduplication;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.Sink;

/** How delivery gives changes to a sink. */
public final class TestDelivery {

    private TestDelivery() {}

    /** Returns a sink of effects as the contract of all sinks takes it. */
    public static Sink guarded(EffectSink sink, Deduplication deduplication) {
        return new GuardedSink(sink, deduplication.guard(sink));
    }
}
