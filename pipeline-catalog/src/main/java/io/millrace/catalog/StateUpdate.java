package io.millrace.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Notes the state of a row that has {@code state}, {@code message} and {@code state_since}, which moves only when the state changes. */
record StateUpdate(String statement) {

    /**
     * @param table a constant of ours, as is the condition: both become part of the statement
     * @param condition that finds the row, with a {@code ?} for each part of its key
     */
    static StateUpdate of(String table, String condition) {
        return new StateUpdate("UPDATE " + table
                + " SET state_since = CASE WHEN state = ? THEN state_since ELSE now() END, state = ?, message = ? WHERE "
                + condition);
    }

    /** Returns whether there is such a row. */
    boolean note(JdbcClient sql, Enum<?> state, @Nullable String message, Object... key) {
        List<@Nullable Object> parameters = new ArrayList<>(Arrays.asList(state.name(), state.name(), message));
        parameters.addAll(Arrays.asList(key));
        return sql.sql(statement).params(parameters).update() > 0;
    }
}
