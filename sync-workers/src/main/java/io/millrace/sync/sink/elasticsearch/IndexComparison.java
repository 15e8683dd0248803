package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.rebuild.Comparison;
import io.millrace.sync.sink.RebuildableSink.Progress;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares two indexes document by document while both are written. What looks missing or older is read again from both, in real
 * time, before it counts: it may have been written or deleted since the page was read.
 */
final class IndexComparison {

    private static final int PAGE = 500;
    private static final int EXAMPLES = 10;
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PAUSE_MILLIS = 250;

    private final HeldDocuments documents;
    private final Scroll scroll;
    private final String live;
    private final String copy;

    private long same;
    private long missing;
    private long older;
    private long changed;
    private long added;
    private long seen;
    private long inCopy;
    private final Set<String> doubtful = new LinkedHashSet<>();
    private final List<String> examples = new ArrayList<>();

    IndexComparison(ElasticsearchAccess elasticsearch, String live, String copy) {
        this.documents = new HeldDocuments(elasticsearch);
        this.scroll = new Scroll(elasticsearch, PAGE);
        this.live = live;
        this.copy = copy;
    }

    Comparison run(Progress progress) throws SinkException {
        scroll.all(live, true, page -> {
            Map<String, Held> others = documents.read(copy, page.keySet());
            Set<String> suspects = new LinkedHashSet<>();
            page.forEach((id, held) -> {
                if (!judged(held, others.get(id))) {
                    suspects.add(id);
                }
            });
            doubtful.addAll(again(suspects));
            seen += page.size();
            progress.at(String.format(Locale.ROOT, "Compared %,d documents", seen));
        });
        scroll.all(copy, false, page -> {
            Map<String, Held> others = documents.read(live, page.keySet());
            inCopy += page.size();
            added +=
                    page.keySet().stream().filter(id -> !others.containsKey(id)).count();
            progress.at(String.format(Locale.ROOT, "Compared %,d documents the other way round", inCopy));
        });
        settle(progress);
        return new Comparison(seen, inCopy, same, missing, older, changed, added, examples);
    }

    private boolean judged(Held mine, @Nullable Held theirs) {
        if (theirs == null || theirs.version() < mine.version()) {
            return false;
        }
        if (theirs.version() > mine.version()) {
            added++;
        } else if (mine.row().equals(theirs.row())) {
            same++;
        } else {
            changed++;
        }
        return true;
    }

    /**
     * Looks again at what differs, until it does not or has had time enough. A write that began just before the copy came to be written
     * first is on its way to the live index alone, is refused by what it takes for the copy, and then goes to both: until then the copy
     * lacks it.
     */
    private void settle(Progress progress) throws SinkException {
        Set<String> left = doubtful;
        long end = System.nanoTime() + SETTLE_NANOS;
        while (!left.isEmpty() && System.nanoTime() - end < 0) {
            progress.at(String.format(Locale.ROOT, "Looking again at %,d documents that differ", left.size()));
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw SinkException.retryable("Interrupted while indexes were compared", e);
            }
            Set<String> next = new LinkedHashSet<>();
            List<String> all = List.copyOf(left);
            for (int from = 0; from < all.size(); from += PAGE) {
                next.addAll(again(new LinkedHashSet<>(all.subList(from, Math.min(all.size(), from + PAGE)))));
            }
            left = next;
        }
        left.stream().limit(EXAMPLES).forEach(examples::add);
        Map<String, Held> theirs = left.isEmpty() ? Map.of() : held(left);
        for (String id : left) {
            if (theirs.containsKey(id)) {
                older++;
            } else {
                missing++;
            }
        }
    }

    private Map<String, Held> held(Set<String> ids) throws SinkException {
        Map<String, Held> held = new HashMap<>();
        List<String> all = List.copyOf(ids);
        for (int from = 0; from < all.size(); from += PAGE) {
            held.putAll(documents.read(copy, all.subList(from, Math.min(all.size(), from + PAGE))));
        }
        return held;
    }

    /** Returns what differs still. */
    private Set<String> again(Set<String> suspects) throws SinkException {
        Set<String> left = new LinkedHashSet<>();
        if (suspects.isEmpty()) {
            return left;
        }
        // the live one first: the copy is written before it, so what is read there later is never older
        Map<String, Held> mine = documents.read(live, suspects);
        Map<String, Held> theirs = documents.read(copy, suspects);
        for (String id : suspects) {
            Held held = mine.get(id);
            if (held == null) {
                continue;
            }
            if (!judged(held, theirs.get(id))) {
                left.add(id);
            }
        }
        return left;
    }
}
