package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.e2e.RandomValues.Type;
import io.millrace.event.golden.PostgresText;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Random values of every type go through capture, Kafka and the workers into the change history; PostgreSQL casts what it finds there
 * back, and it is what the source holds.
 *
 * <p>{@code -Dmillrace.seed=...} repeats a run; the seed is in the name of every failure, and on the console.
 */
@ExtendWith(PipelineExtension.class)
class RandomValuesIT {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Pipeline pipeline;
    private final long seed = Long.getLong("millrace.seed", System.nanoTime());

    RandomValuesIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void postgresCastsTheHistorysValuesBackToTheSources() throws Exception {
        System.out.println("Random values: repeat with -Dmillrace.seed=" + seed);
        int rows = Campaign.rounds(40, 2_000);
        List<Type> types = RandomValues.all();
        RandomValues values = new RandomValues(seed);
        pipeline.sql(RandomValues.SETUP.toArray(String[]::new));
        pipeline.sql(RandomValues.table("random_values", types));
        for (int id = 0; id < rows / 2; id++) {
            insert(values, types, id);
        }
        pipeline.awaitState(pipeline.register("random_values"), "STREAMING");
        for (int id = rows / 2; id < rows; id++) {
            insert(values, types, id);
        }
        pipeline.barrier();
        Map<Integer, JsonNode> held = held();
        assertThat(held).as("seed %d", seed).hasSize(rows);
        List<String> wrong = new ArrayList<>();
        try (Connection connection = pipeline.shop.getConnection()) {
            for (int column = 0; column < types.size(); column++) {
                check(connection, held, types.get(column), column, wrong);
            }
        }
        assertThat(wrong).as("seed %d", seed).isEmpty();
    }

    private void insert(RandomValues values, List<Type> types, int id) throws SQLException {
        String sql = "INSERT INTO random_values VALUES (" + id + ", "
                + types.stream()
                        .map(type -> "CAST(CAST(? AS text) AS " + type.sql() + ")")
                        .collect(Collectors.joining(", "))
                + ")";
        try (Connection connection = pipeline.shop.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < types.size(); i++) {
                statement.setString(i + 1, values.of(types.get(i)));
            }
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    private Map<Integer, JsonNode> held() throws SQLException {
        Map<Integer, JsonNode> rows = new TreeMap<>();
        try (Connection connection = pipeline.platform.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT after FROM millrace.change_history WHERE table_name = 'random_values'");
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                JsonNode after = JSON.readTree(row.getString(1));
                rows.put(after.get("id").intValue(), after);
            }
        }
        return rows;
    }

    private static void check(
            Connection connection, Map<Integer, JsonNode> held, Type type, int column, List<String> wrong)
            throws SQLException {
        // what has no operator for equality is compared by what its output function writes
        boolean comparable = List.of("json", "xml", "point", "box").stream().noneMatch(type.baseType()::startsWith)
                || type.baseType().startsWith("jsonb");
        String back = "CAST(CAST(? AS text) AS " + type.sql() + ")";
        String same = comparable
                ? back + " IS NOT DISTINCT FROM c" + column
                : "(CASE WHEN ? IS NOT NULL THEN format('%s', " + back + ") END) IS NOT DISTINCT FROM" + " (CASE WHEN c"
                        + column + " IS NOT NULL THEN format('%s', c" + column + ") END)";
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT " + same + ", left(format('%s', c" + column + "), 200) FROM random_values WHERE id = ?")) {
            for (Map.Entry<Integer, JsonNode> row : held.entrySet()) {
                JsonNode value = row.getValue().get("c" + column);
                String text = PostgresText.of(value, type.baseType());
                IntStream.rangeClosed(1, comparable ? 1 : 2).forEach(i -> set(statement, i, text));
                statement.setInt(comparable ? 2 : 3, row.getKey());
                try (ResultSet found = statement.executeQuery()) {
                    found.next();
                    if (!found.getBoolean(1)) {
                        wrong.add(type.sql() + " " + found.getString(2) + " is held as " + value);
                    }
                } catch (SQLException e) {
                    wrong.add(type.sql() + " held as " + value + " is refused: " + e.getMessage());
                }
            }
        }
    }

    private static void set(PreparedStatement statement, int index, String text) {
        try {
            statement.setString(index, text);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
