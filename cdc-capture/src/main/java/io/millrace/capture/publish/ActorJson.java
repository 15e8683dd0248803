package io.millrace.capture.publish;

import io.millrace.capture.value.JsonBytes;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Takes what an application says about who acts; what is no JSON becomes a JSON string, so that no reader stumbles. */
final class ActorJson {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private ActorJson() {}

    static byte[] of(byte[] content) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), content)) {
            if (parser.nextToken() != null) {
                parser.skipChildren();
                if (parser.nextToken() == null) {
                    return content;
                }
            }
        } catch (JacksonException e) {
            // quoted below
        }
        JsonBytes text = new JsonBytes();
        text.string(content, 0, content.length);
        return text.toBytes();
    }
}
