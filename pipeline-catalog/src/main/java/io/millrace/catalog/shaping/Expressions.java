package io.millrace.catalog.shaping;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.extensions.CelStringExtensions.Function;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.millrace.catalog.Column;
import io.millrace.catalog.shaping.ShapingFinding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compiles CEL over the columns of one table. Columns that are masked are not there.
 *
 * <p>Cost is bounded: the length of an expression, its depth, how often it may iterate, and regular expressions are RE2's. Of the string
 * functions those are left out that can make long texts of short ones.
 */
final class Expressions {

    static final int MOST_ITERATIONS = 1000;
    static final int MOST_CHARACTERS = 4000;

    private static final CelOptions OPTIONS = CelOptions.current()
            .maxExpressionCodePointSize(MOST_CHARACTERS)
            .maxParseRecursionDepth(60)
            .maxRegexProgramSize(2000)
            .comprehensionMaxIterations(MOST_ITERATIONS)
            .enableUnknownTracking(true)
            .enableHeterogeneousNumericComparisons(true)
            .populateMacroCalls(false)
            .build();

    private static final CelStringExtensions STRINGS = CelExtensions.strings(
            Function.CHAR_AT,
            Function.INDEX_OF,
            Function.LAST_INDEX_OF,
            Function.LOWER_ASCII,
            Function.SPLIT,
            Function.SUBSTRING,
            Function.TRIM,
            Function.UPPER_ASCII);

    private static final DecimalLibrary DECIMALS = new DecimalLibrary();

    private static final CelRuntime RUNTIME = CelRuntimeFactory.standardCelRuntimeBuilder()
            .setOptions(OPTIONS)
            .addLibraries(STRINGS, DECIMALS)
            .build();

    private static final Pattern UNDECLARED = Pattern.compile("undeclared reference to '([^']*)'.*", Pattern.DOTALL);
    private static final Pattern NO_OVERLOAD = Pattern.compile(
            "found no matching overload for '([^']*)' applied to '(.*?)'(?: \\(candidates.*)?", Pattern.DOTALL);

    private final Map<String, Column> variables;
    private final Set<String> masked;
    private final CelCompiler compiler;

    Expressions(List<Column> columns, Set<String> masked) {
        this.masked = masked;
        this.variables = Variables.byName(columns.stream()
                .filter(column -> !masked.contains(column.name()))
                .toList());
        CelCompilerBuilder builder = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(STRINGS, DECIMALS);
        variables.forEach((name, column) -> builder.addVar(name, ColumnType.declared(column)));
        this.compiler = builder.build();
    }

    /**
     * Compiles an expression.
     *
     * @param at what findings say of where
     * @param findings takes what is wrong
     * @return null if something is
     */
    @Nullable
    Expression compile(String text, String at, List<ShapingFinding> findings) {
        CelValidationResult result = compiler.compile(text);
        if (result.hasError()) {
            result.getErrors().forEach(issue -> findings.add(finding(issue, at)));
            return null;
        }
        try {
            CelAbstractSyntaxTree tree = result.getAst();
            return new Expression(tree, RUNTIME.createProgram(tree), References.of(tree, variables));
        } catch (CelValidationException | CelEvaluationException e) {
            findings.add(ShapingFinding.error(at, "The expression cannot be used: " + e.getMessage()));
            return null;
        }
    }

    private ShapingFinding finding(CelIssue issue, String at) {
        int line = issue.getSourceLocation().getLine();
        int column = issue.getSourceLocation().getColumn();
        return new ShapingFinding(
                Severity.ERROR,
                at,
                line < 1 ? null : (Integer) line,
                line < 1 ? null : (Integer) (column + 1),
                words(issue.getMessage()));
    }

    private String words(String said) {
        Matcher undeclared = UNDECLARED.matcher(said);
        if (undeclared.matches()) {
            return unknown(undeclared.group(1));
        }
        Matcher overload = NO_OVERLOAD.matcher(said);
        if (overload.matches()) {
            String operation = overload.group(1).replace("_", " ").strip();
            String types = overload.group(2).replace("wrapper(", "(");
            return operation + " does not go with " + types + "."
                    + (types.contains("decimal") ? " A number with a fraction beside a decimal: decimal('9.99')." : "");
        }
        return said;
    }

    private String unknown(String name) {
        for (String column : masked) {
            if (Variables.of(column).equals(name)) {
                return column
                        + " is masked: expressions do not see it. Where it is no secret, leave it out of what is sent"
                        + " instead of masking it.";
            }
        }
        List<String> known = new ArrayList<>(variables.keySet());
        return "There is no " + name + " here. The columns are " + String.join(", ", known) + ".";
    }
}
