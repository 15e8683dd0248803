package io.millrace.capture.publish;

import io.millrace.capture.value.JsonBytes;
import java.nio.charset.StandardCharsets;

/**
 * A table as the stream describes it at present.
 *
 * @param shape how its rows are written
 * @param schemaVersion decimal, as the header takes it
 * @param names the table's names, as they stand in the envelope's source block
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Published(TableTopic topic, RowShape shape, byte[] schemaVersion, byte[] names) {

    /** Returns the table under this version of its columns. */
    public static Published of(TableTopic topic, RowShape shape, int schemaVersion) {
        JsonBytes names = new JsonBytes();
        names.raw(",\"schema\":".getBytes(StandardCharsets.US_ASCII));
        names.string(topic.table().schema());
        names.raw(",\"table\":".getBytes(StandardCharsets.US_ASCII));
        names.string(topic.table().table());
        names.raw(',');
        return new Published(
                topic, shape, Integer.toString(schemaVersion).getBytes(StandardCharsets.US_ASCII), names.toBytes());
    }
}
