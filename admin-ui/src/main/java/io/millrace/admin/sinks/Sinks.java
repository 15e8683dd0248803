package io.millrace.admin.sinks;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkDescription;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * The sinks that tables can go to: those in the settings, which are there before any worker is, then all others that workers have
 * published in the catalog. Thread-safe.
 */
@Component("adminSinks")
public class Sinks {

    private static final Duration FRESH = Duration.ofSeconds(2);

    private record Known(List<Sink> sinks, long at) {}

    private final List<String> first;
    private final PipelineCatalog catalog;
    private volatile @Nullable Known known;

    Sinks(SinksProperties properties, PipelineCatalog catalog) {
        this.first = properties.names();
        this.catalog = catalog;
    }

    /** Returns all, in the order in which pages show them. */
    public List<Sink> all() {
        Known last = known;
        if (last != null && System.nanoTime() - last.at() < FRESH.toNanos()) {
            return last.sinks();
        }
        try {
            List<Sink> sinks = read(catalog.sinks());
            known = new Known(sinks, System.nanoTime());
            return sinks;
        } catch (DataAccessException e) {
            // a page that says what is wrong needs the sinks too
            return last != null ? last.sinks() : read(List.of());
        }
    }

    private List<Sink> read(List<SinkDescription> published) {
        Map<String, Sink> sinks = new LinkedHashMap<>();
        first.forEach(name -> sinks.put(name, new Sink(name)));
        published.forEach(sink -> sinks.put(sink.name(), Sink.of(sink)));
        return List.copyOf(sinks.values());
    }

    public Optional<Sink> find(String name) {
        return all().stream().filter(sink -> sink.name().equals(name)).findFirst();
    }
}
