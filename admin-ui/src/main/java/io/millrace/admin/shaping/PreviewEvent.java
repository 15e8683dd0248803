package io.millrace.admin.shaping;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What would become of one recent change.
 *
 * @param outcome SENT; DELETED: the row does not pass the filter and is deleted from the sink; PASSED_OVER: it does not pass and was never
 *     there; REFUSED: it cannot be shaped and becomes a dead letter
 * @param reason why, where it is not sent
 * @param row the row at the source, values of masked columns hidden; of a delete the row before; null where there is none
 * @param sent what the sink gets; null where that is no row
 */
record PreviewEvent(
        String eventId,
        String operation,
        @JsonRawValue @Schema(type = "object") @Nullable String key,
        Instant committedAt,
        Outcome outcome,
        @Nullable String reason,
        @JsonRawValue @Schema(type = "object") @Nullable String row,
        @JsonRawValue @Schema(type = "object") @Nullable String sent) {

    enum Outcome {
        SENT,
        DELETED,
        PASSED_OVER,
        REFUSED
    }
}
