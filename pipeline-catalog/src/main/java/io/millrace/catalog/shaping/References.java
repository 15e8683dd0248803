package io.millrace.catalog.shaping;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.CelIdent;
import dev.cel.common.ast.CelExprVisitor;
import io.millrace.catalog.Column;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which columns an expression names.
 *
 * @param columns by what they are called there
 * @param counts how often, by the same
 * @param nullChecked those that are somewhere compared with null
 * @param iterates whether it goes through lists
 */
record References(Map<String, Column> columns, Map<String, Integer> counts, Set<String> nullChecked, boolean iterates) {

    static References of(CelAbstractSyntaxTree tree, Map<String, Column> variables) {
        Map<String, Column> columns = new LinkedHashMap<>();
        Map<String, Integer> counts = new LinkedHashMap<>();
        Set<String> checked = new HashSet<>();
        boolean[] iterates = {false};
        new CelExprVisitor() {
            @Override
            protected void visit(CelExpr expression, CelIdent ident) {
                Column column = variables.get(ident.name());
                if (column != null) {
                    columns.put(ident.name(), column);
                    counts.merge(ident.name(), 1, Integer::sum);
                }
            }

            @Override
            protected void visit(CelExpr expression, CelCall call) {
                if (call.args().size() == 2
                        && (call.function().equals("_==_") || call.function().equals("_!=_"))) {
                    compared(call.args().get(0), call.args().get(1));
                    compared(call.args().get(1), call.args().get(0));
                }
                super.visit(expression, call);
            }

            private void compared(CelExpr one, CelExpr other) {
                if (other.exprKind().getKind() == CelExpr.ExprKind.Kind.CONSTANT
                        && other.constant().getKind() == CelConstant.Kind.NULL_VALUE
                        && one.exprKind().getKind() == CelExpr.ExprKind.Kind.IDENT) {
                    checked.add(one.ident().name());
                }
            }

            @Override
            protected void visit(CelExpr expression, CelComprehension comprehension) {
                iterates[0] = true;
                super.visit(expression, comprehension);
            }
        }.visit(tree);
        return new References(columns, counts, checked, iterates[0]);
    }
}
