package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.ErrorCategory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What a bulk request says of one item.
 *
 * @param type of the error; null where there is none
 * @param reason in Elasticsearch's words, without values of the row; empty where there is no error
 */
record ItemResult(int status, @Nullable String type, String reason) {

    static final String NO_SUCH_INDEX = "index_not_found_exception";

    /** Never sent: values are missing that PostgreSQL did not send, and no document has them. */
    static final ItemResult INCOMPLETE =
            new ItemResult(0, "incomplete row", "the change lacks values, and there is no document that has them");

    private static final String VALUE_FOLLOWS = "Preview of field's value";

    /** Never sent: what was to be written to has another name by now, or was deleted. */
    static ItemResult moved(String target) {
        return new ItemResult(404, NO_SUCH_INDEX, "no such alias: " + target);
    }

    /** A newer or the same version stands there already: applied. */
    boolean isStale() {
        return status == 409;
    }

    /** A delete of what is not there has the status 404 and no error. */
    boolean isApplied() {
        return type == null && (status < 300 || status == 404) || isStale();
    }

    /** What is written to is no alias any more; a delete says so by trying to make an index of that name. */
    boolean isIndexMissing() {
        return NO_SUCH_INDEX.equals(type) || "invalid_index_name_exception".equals(type);
    }

    ErrorCategory category() {
        if (equals(INCOMPLETE)) {
            return ErrorCategory.INCOMPLETE;
        }
        return status == 400 && !isIndexMissing() && !ElasticsearchAccess.mayPass(type)
                ? ErrorCategory.REJECTED
                : ErrorCategory.RETRYABLE;
    }

    static List<ItemResult> readAll(JsonParser tokens) {
        List<ItemResult> results = new ArrayList<>();
        tokens.nextToken();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("items") && value == JsonToken.START_ARRAY) {
                while (tokens.nextToken() == JsonToken.START_OBJECT) {
                    // the name is the action's
                    tokens.nextName();
                    tokens.nextToken();
                    results.add(read(tokens));
                    tokens.nextToken();
                }
            } else {
                tokens.skipChildren();
            }
        }
        return results;
    }

    private static ItemResult read(JsonParser tokens) {
        int status = 0;
        String type = null;
        StringBuilder reason = new StringBuilder();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "status" -> status = tokens.getIntValue();
                case "error" -> type = error(tokens, reason);
                default -> tokens.skipChildren();
            }
        }
        return new ItemResult(status, type, reason.toString());
    }

    /** Reads an error's type, and appends its reason. */
    static @Nullable String error(JsonParser tokens, StringBuilder reason) {
        String type = null;
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "type" -> type = tokens.getString();
                case "reason" -> append(reason, tokens.getString());
                // says nothing but the value that could not be read
                case "caused_by" -> tokens.skipChildren();
                default -> tokens.skipChildren();
            }
        }
        return type;
    }

    private static void append(StringBuilder reason, @Nullable String said) {
        if (said == null) {
            return;
        }
        int value = said.indexOf(VALUE_FOLLOWS);
        reason.append(reason.isEmpty() ? "" : ": ").append(value < 0 ? said : said.substring(0, value));
    }
}
