package io.millrace.catalog.shaping;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.values.NullValue;
import dev.cel.runtime.CelAttributePattern;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelUnknownSet;
import dev.cel.runtime.CelVariableResolver;
import dev.cel.runtime.PartialVars;
import io.millrace.catalog.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A checked expression. Thread-safe. */
final class Expression {

    /** What all values that are named, each as often as it is, may come to in bytes; by iterations where there are such. */
    private static final long MOST_BYTES = 64L << 20;

    /** Stands for a result that hangs on a value that PostgreSQL did not send. */
    static final Object UNKNOWN = new Object();

    private final CelAbstractSyntaxTree tree;
    private final CelRuntime.Program program;
    private final References references;
    private final Set<String> columns;

    Expression(CelAbstractSyntaxTree tree, CelRuntime.Program program, References references) {
        this.tree = tree;
        this.program = program;
        this.references = references;
        this.columns = references.columns().values().stream().map(Column::name).collect(Collectors.toSet());
    }

    CelType type() {
        return tree.getResultType();
    }

    boolean isBoolean() {
        return type().kind() == CelKind.BOOL;
    }

    References references() {
        return references;
    }

    /** Returns the columns that it names. */
    Set<String> columns() {
        return columns;
    }

    /**
     * Evaluates it for one row.
     *
     * @param unavailable columns whose values were not sent
     * @return a value as CEL has it, or {@link #UNKNOWN}
     * @throws RowRefusedException if it has no value; the message holds no values of the row
     */
    Object evaluate(RowValues row, Set<String> unavailable) throws RowRefusedException {
        bound(row);
        CelVariableResolver resolver = name -> {
            Column column = references.columns().get(name);
            RowValues.Slice slice = column == null ? null : row.of(column.name());
            if (column == null) {
                return Optional.empty();
            }
            if (slice == null) {
                // a column that is younger than the event
                return column.nullable() ? Optional.of(NullValue.NULL_VALUE) : Optional.empty();
            }
            return Optional.of(slice.read(column));
        };
        try {
            List<CelAttributePattern> unknown = unknown(unavailable);
            Object result =
                    unknown.isEmpty() ? program.eval(resolver) : program.eval(PartialVars.of(resolver, unknown));
            return result instanceof CelUnknownSet ? UNKNOWN : result;
        } catch (CelEvaluationException e) {
            throw new RowRefusedException(words(e));
        } catch (RuntimeException e) {
            throw new RowRefusedException("has no value for this row");
        }
    }

    private List<CelAttributePattern> unknown(Set<String> unavailable) {
        if (unavailable.isEmpty()) {
            return List.of();
        }
        List<CelAttributePattern> unknown = new ArrayList<>(0);
        references.columns().forEach((name, column) -> {
            if (unavailable.contains(column.name())) {
                unknown.add(CelAttributePattern.create(name));
            }
        });
        return unknown;
    }

    private void bound(RowValues row) throws RowRefusedException {
        long bytes = 0;
        for (Map.Entry<String, Integer> count : references.counts().entrySet()) {
            Column column = references.columns().get(count.getKey());
            RowValues.Slice slice = column == null ? null : row.of(column.name());
            bytes += slice == null ? 0 : (long) slice.length() * count.getValue();
        }
        long most = references.iterates() ? MOST_BYTES / Expressions.MOST_ITERATIONS : MOST_BYTES;
        if (bytes > most) {
            throw new RowRefusedException("names values of more than " + most + " bytes in this row");
        }
    }

    /** CEL's own message can quote values. */
    private static String words(CelEvaluationException e) {
        return switch (e.getErrorCode()) {
            case OVERLOAD_NOT_FOUND, AMBIGUOUS_OVERLOAD, TYPE_NOT_FOUND ->
                "meets a NULL, or a value of another type than it expects, in this row";
            case ATTRIBUTE_NOT_FOUND -> "names a member that a json value of this row does not have";
            case INDEX_OUT_OF_BOUNDS -> "names an element that a list of this row does not have";
            case DIVIDE_BY_ZERO -> "divides by zero in this row";
            case NUMERIC_OVERFLOW -> "leaves the range of its numbers in this row";
            case ITERATION_BUDGET_EXCEEDED ->
                "goes through more than " + Expressions.MOST_ITERATIONS + " elements in this row";
            case INVALID_ARGUMENT, BAD_FORMAT -> "cannot turn a value of this row into what it expects";
            case INTERNAL_ERROR, DUPLICATE_ATTRIBUTE -> "has no value for this row";
        };
    }
}
