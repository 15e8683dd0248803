package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A table of its own for each test, and a sink that writes it. */
@ExtendWith(LocalStackExtension.class)
abstract class ElasticsearchScenario {

    static final JsonMapper JSON = IndexLab.JSON;

    final LocalStack stack;
    final IndexLab lab;
    CapturedTable table = TestTables.items();
    TestEvents events = new TestEvents(table);
    ElasticsearchSink sink;

    ElasticsearchScenario(LocalStack stack) {
        this.stack = stack;
        this.lab = new IndexLab(stack);
    }

    @BeforeEach
    void connect() {
        sink = lab.sink();
    }

    @AfterEach
    void disconnect() throws Exception {
        sink.close();
    }

    static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    static String item(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
    }

    List<Failure> write(ChangeEvent... changes) throws SinkException {
        return sink.write(batch(changes));
    }

    SinkBatch batch(ChangeEvent... changes) {
        return SinkBatch.of(
                Arrays.stream(changes).map(event -> new Change(table, event)).toList());
    }

    String alias() {
        return TableIndexes.alias(table);
    }

    /** Returns the document of a row as readers see it; null where there is none. */
    JsonNode held(int id) {
        return lab.get("/" + alias() + "/_doc/" + id).get("_source");
    }
}
