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
 * time, before it counts: it may have been written or deleted since the page was read. What is missing because its row was deleted since
 * the live one was given it does not count: delivery may be stopped, or behind.
 */
final class IndexComparison {

    private static final int PAGE = 500;
    private static final int EXAMPLES = 10;
    /** Ids are up to 512 bytes; an index that refuses everything would have all of the table's in doubt. */
    private static final int MOST_DOUBTFUL = 20_000;

    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PAUSE_MILLIS = 250;
    private static final long TOLD_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final HeldDocuments documents;
    private final DocumentPortions portions;
    private final Scroll scroll;
    private final Gone gone;
    private final Progress progress;
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
    private long told = System.nanoTime();

    /** Tells which documents the copy lacks rightly. */
    interface Gone {
        /**
         * Returns those of them.
         *
         * @param missing the live one's versions by id
         */
        Set<String> among(Map<String, Long> missing) throws SinkException;
    }

    IndexComparison(ElasticsearchAccess elasticsearch, String live, String copy, Gone gone, Progress progress) {
        this.documents = new HeldDocuments(elasticsearch);
        this.portions = new DocumentPortions(documents);
        this.gone = gone;
        this.progress = progress;
        this.scroll = new Scroll(elasticsearch, PAGE);
        this.live = live;
        this.copy = copy;
    }

    Comparison run() throws SinkException {
        scroll.all(live, page -> {
            Map<String, Long> others = documents.versions(copy, page.keySet());
            List<String> equal = new ArrayList<>(page.size());
            List<String> suspects = new ArrayList<>(0);
            page.forEach((id, version) -> sort(id, version, others.get(id), equal, suspects));
            doubtful.addAll(contents(equal));
            doubtful.addAll(again(suspects));
            seen += page.size();
            tell();
            if (doubtful.size() >= MOST_DOUBTFUL) {
                settle();
            }
        });
        scroll.all(copy, page -> {
            Map<String, Long> others = documents.versions(live, page.keySet());
            inCopy += page.size();
            added +=
                    page.keySet().stream().filter(id -> !others.containsKey(id)).count();
            progress.at(String.format(Locale.ROOT, "Compared %,d documents the other way round", inCopy));
        });
        settle();
        return new Comparison(seen, inCopy, same, missing, older, changed, added, examples);
    }

    private void tell() throws SinkException {
        progress.at(String.format(Locale.ROOT, "Compared %,d documents", seen));
        told = System.nanoTime();
    }

    /** Sorts a document by the versions that both indexes have; only equal ones say nothing yet. */
    private void sort(String id, long mine, @Nullable Long theirs, List<String> equal, List<String> suspects) {
        if (theirs == null || theirs < mine) {
            suspects.add(id);
        } else if (theirs > mine) {
            added++;
        } else {
            equal.add(id);
        }
    }

    /** Compares documents whole, the live ones read first; returns those that are missing or older by now. */
    private List<String> contents(List<String> ids) throws SinkException {
        List<String> left = new ArrayList<>(0);
        portions.read(List.of(live, copy), ids, (some, held) -> {
            for (String id : some) {
                Held mine = held.get(0).get(id);
                if (mine != null && !judged(mine, held.get(1).get(id))) {
                    left.add(id);
                }
            }
            // a page of large documents takes a while, and may be given up
            if (System.nanoTime() - told > TOLD_NANOS) {
                tell();
            }
        });
        return left;
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
    private void settle() throws SinkException {
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
            for (List<String> some : pages(left)) {
                next.addAll(again(some));
            }
            left = next;
        }
        left.stream().limit(EXAMPLES - examples.size()).forEach(examples::add);
        for (List<String> some : pages(left)) {
            Map<String, Long> theirs = documents.versions(copy, some);
            older += theirs.size();
            missing += some.size() - theirs.size();
        }
        doubtful.clear();
    }

    private static List<List<String>> pages(Set<String> ids) {
        List<String> all = List.copyOf(ids);
        List<List<String>> pages = new ArrayList<>();
        for (int from = 0; from < all.size(); from += PAGE) {
            pages.add(all.subList(from, Math.min(all.size(), from + PAGE)));
        }
        return pages;
    }

    /** Returns what is missing or older still. */
    private List<String> again(List<String> suspects) throws SinkException {
        // the live one first: the copy is written before it, so what is read there later is never older
        Map<String, Long> mine = documents.versions(live, suspects);
        Map<String, Long> theirs = documents.versions(copy, suspects);
        List<String> left = new ArrayList<>(0);
        List<String> equal = new ArrayList<>(0);
        for (String id : suspects) {
            Long version = mine.get(id);
            if (version != null) {
                sort(id, version, theirs.get(id), equal, left);
            }
        }
        left.addAll(contents(equal));
        Map<String, Long> missing = new HashMap<>();
        for (String id : left) {
            Long version = mine.get(id);
            if (version != null && !theirs.containsKey(id)) {
                missing.put(id, version);
            }
        }
        if (!missing.isEmpty()) {
            left.removeAll(gone.among(missing));
        }
        return left;
    }
}
