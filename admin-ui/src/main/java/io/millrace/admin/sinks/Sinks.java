package io.millrace.admin.sinks;

import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** The sinks that tables can go to. Immutable. */
@Component("adminSinks")
public class Sinks {

    private final List<Sink> all;

    Sinks(SinksProperties properties) {
        this.all = properties.names().stream().map(Sink::new).toList();
    }

    /** Returns all, in the order in which pages show them. */
    public List<Sink> all() {
        return all;
    }

    public Optional<Sink> find(String name) {
        return all.stream().filter(sink -> sink.name().equals(name)).findFirst();
    }
}
