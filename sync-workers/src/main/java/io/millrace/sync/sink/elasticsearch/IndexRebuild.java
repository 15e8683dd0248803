package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.CopyGoneException;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.RebuildableSink.Progress;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A second index beside the live one. Every step looks at what is there first, so that a step that was interrupted is completed by
 * being repeated.
 */
final class IndexRebuild {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ElasticsearchAccess elasticsearch;
    private final TableIndexes indexes;
    private final IndexMaker maker;
    private final IndexWriter writer;
    private final DeletedSince deleted;

    /** The index that readers saw when the rebuild was asked for, and the one that is to take its place. */
    private record Place(String before, String after) {

        static Place of(Copy copy) {
            JsonNode json = JSON.readTree(copy.place());
            return new Place(
                    json.path("oldIndex").asString(""), json.path("newIndex").asString(""));
        }
    }

    IndexRebuild(
            ElasticsearchAccess elasticsearch,
            TableIndexes indexes,
            IndexMaker maker,
            IndexWriter writer,
            DeletedSince deleted) {
        this.elasticsearch = elasticsearch;
        this.indexes = indexes;
        this.maker = maker;
        this.writer = writer;
        this.deleted = deleted;
    }

    String plan(CapturedTable table) throws SinkException {
        IndexFamily family = indexes.family(table);
        if (family.live().isEmpty()) {
            indexes.forget(table);
            indexes.ensure(table);
            family = indexes.family(table);
        }
        return JSON.writeValueAsString(Map.of("oldIndex", family.live().orElseThrow(), "newIndex", family.next()));
    }

    void prepare(Copy copy) throws SinkException {
        Place place = Place.of(copy);
        IndexFamily family = indexes.family(copy.table());
        requireLive(family, place.before());
        if (!family.has(place.after())) {
            try {
                maker.createEmpty(place.after());
            } catch (Refused e) {
                throw elasticsearch.fault(e);
            }
            family = indexes.family(copy.table());
        }
        arrange(copy.table(), family, place.before(), Optional.of(place.after()), true);
    }

    List<Failure> feed(Copy copy, List<Change> changes) throws SinkException {
        Place place = Place.of(copy);
        IndexFamily family = indexes.family(copy.table());
        if (!family.mirror().equals(Optional.of(place.after()))) {
            throw new SinkException(
                    ErrorCategory.FATAL,
                    "The new index " + place.after() + " is gone, or has lost its alias: start the rebuild again",
                    null);
        }
        Target target;
        try {
            IndexFields fields = maker.fields(place.after());
            for (CapturedTable table : IndexWriter.tables(changes)) {
                fields = maker.extend(fields, table);
            }
            target = new Target(family.mirrorName(), fields.encodesNames());
        } catch (Refused e) {
            throw elasticsearch.fault(e);
        }
        List<Failure> failures = writer.writeOnly(target, changes);
        for (Failure failure : failures) {
            if (failure.category() == ErrorCategory.RETRYABLE) {
                throw SinkException.retryable(failure.cause(), null);
            }
        }
        return failures;
    }

    Comparison compare(Copy copy, long readSince, Progress progress) throws SinkException {
        Place place = Place.of(copy);
        emptyOfTruncated(copy.table(), place);
        return comparison(copy.table(), place.before(), place.after(), readSince, progress);
    }

    /**
     * A TRUNCATE that was delivered before the feed came to rows which it took away has not met them, and may stand behind the feed's end.
     * Nothing older is written to the copy by now: what a later one takes away is there.
     */
    private void emptyOfTruncated(CapturedTable table, Place place) throws SinkException {
        IndexFamily family = indexes.family(table);
        if (family.mirror().equals(Optional.of(place.after()))) {
            writer.truncateAgain(table, family.mirrorName());
        }
    }

    private Comparison comparison(CapturedTable table, String seen, String other, long readSince, Progress progress)
            throws SinkException {
        try {
            return new IndexComparison(
                            elasticsearch, seen, other, missing -> deleted.among(table, missing, readSince), progress)
                    .run();
        } catch (IndexGoneException e) {
            throw new CopyGoneException(e.getMessage() + ": start the rebuild again", e);
        }
    }

    void exchange(Copy copy) throws SinkException {
        Place place = Place.of(copy);
        arrange(copy.table(), indexes.family(copy.table()), place.after(), Optional.of(place.before()), false);
    }

    void prepareBack(Copy copy) throws SinkException {
        Place place = Place.of(copy);
        arrange(copy.table(), indexes.family(copy.table()), place.after(), Optional.of(place.before()), true);
    }

    /** What the old one refused while it was kept, a rollback would lose. */
    Comparison compareBack(Copy copy, Progress progress) throws SinkException {
        Place place = Place.of(copy);
        return comparison(copy.table(), place.after(), place.before(), 0, progress);
    }

    void exchangeBack(Copy copy) throws SinkException {
        Place place = Place.of(copy);
        arrange(copy.table(), indexes.family(copy.table()), place.before(), Optional.empty(), false);
    }

    void discard(Copy copy) throws SinkException {
        Place place = Place.of(copy);
        IndexFamily family = indexes.family(copy.table());
        Optional<String> live = family.live();
        if (live.isPresent() && family.mirror().isPresent()) {
            arrange(copy.table(), family, live.get(), Optional.empty(), false);
        }
        for (String index : List.of(place.before(), place.after())) {
            // with no live index at all nothing is removed: it may be all that is left
            if (!index.isEmpty()
                    && live.isPresent()
                    && family.has(index)
                    && !live.get().equals(index)) {
                delete(index);
            }
        }
    }

    private void delete(String index) throws SinkException {
        try {
            elasticsearch.exchange("DELETE", "/" + index, null, (tokens, answer) -> true);
        } catch (Refused e) {
            if (e.status() != 404) {
                throw elasticsearch.fault(e);
            }
        }
    }

    private void arrange(
            CapturedTable table, IndexFamily family, String live, Optional<String> mirror, boolean mirrorFirst)
            throws SinkException {
        boolean done = family.number() > 0
                && family.live().equals(Optional.of(live))
                && family.mirror().equals(mirror)
                && family.mirrorFirst() == (mirrorFirst && mirror.isPresent());
        if (!done) {
            requireBoth(family, live, mirror);
            try {
                family.arrange(elasticsearch, live, mirror, mirrorFirst);
            } catch (Refused e) {
                if (e.status() == 404) {
                    throw SinkException.retryable("The indexes of " + table.table() + " were changed meanwhile", e);
                }
                throw elasticsearch.fault(e);
            }
        }
        indexes.forget(table);
    }

    private static void requireLive(IndexFamily family, String expected) throws SinkException {
        if (!family.live().equals(Optional.of(expected))) {
            throw new SinkException(
                    ErrorCategory.FATAL,
                    "Readers see " + family.live().orElse("no index") + " and not " + expected
                            + " any more: start the rebuild again",
                    null);
        }
    }

    private static void requireBoth(IndexFamily family, String live, Optional<String> mirror) throws SinkException {
        if (!family.has(live) || mirror.isPresent() && !family.has(mirror.get())) {
            throw new CopyGoneException(
                    "The index " + (family.has(live) ? mirror.orElse("") : live) + " is gone: somebody deleted it",
                    null);
        }
    }
}
