package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class CaptureIT {

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    @Test
    void insertedRowIsARecord() throws Exception {
        lab.sql("CREATE TABLE thin (id int PRIMARY KEY, name text)");
        lab.streaming("thin");
        lab.sql("INSERT INTO thin VALUES (1, 'one \"quoted\"')");
        List<ChangeEvent> events = lab.awaitEvents("thin", 1);
        assertThat(events).hasSize(1);
        ChangeEvent event = events.get(0);
        assertThat(event.operation()).isEqualTo(Operation.CREATE);
        assertThat(event.key()).hasToString("{\"id\":1}");
        assertThat(event.after()).hasToString("{\"id\":1,\"name\":\"one \\\"quoted\\\"\"}");
    }
}
