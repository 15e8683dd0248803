package io.millrace.sync.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkDescription;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SinkPublicationTests {

    @Test
    void errorDoesNotEndThePublication() {
        AtomicInteger calls = new AtomicInteger();
        PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, arguments) -> {
                    if (calls.incrementAndGet() == 1) {
                        throw new NoClassDefFoundError("The test wants an Error");
                    }
                    return null;
                });
        SinkPublication publication = new SinkPublication(catalog, List.of(), Sink::memory);
        publication.start();
        try {
            await().until(() -> calls.get() == 2);
        } finally {
            publication.stop();
        }
    }

    @Test
    void whatASinkRemembersIsPublishedAsItIsEachTime() {
        List<Object> published = new CopyOnWriteArrayList<>();
        PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, arguments) -> {
                    published.addAll((List<?>) arguments[0]);
                    return null;
                });
        EffectSink effects = new EffectSink() {
            @Override
            public String name() {
                return "effects";
            }

            @Override
            public int mostAtOnce() {
                return 1;
            }

            @Override
            public Duration longestWrite() {
                return Duration.ofSeconds(1);
            }

            @Override
            public List<Failure> write(SinkBatch batch) {
                return List.of();
            }

            @Override
            public void check() {}
        };
        SinkPublication publication = new SinkPublication(
                catalog,
                List.of(effects),
                sink -> new Memory(Duration.ofHours(7), "effects of " + sink.name(), "some.setting"));
        publication.start();
        try {
            await().until(() -> !published.isEmpty());
        } finally {
            publication.stop();
        }
        assertThat(published)
                .containsExactly(new SinkDescription(
                        "effects",
                        "Effects",
                        "",
                        false,
                        new SinkDescription.Memory(Duration.ofHours(7), "effects of effects", "some.setting")));
    }
}
