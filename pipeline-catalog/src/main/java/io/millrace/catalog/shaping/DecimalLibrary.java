package io.millrace.catalog.shaping;

import dev.cel.checker.CelCheckerBuilder;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerLibrary;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload.Binary;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeLibrary;
import java.util.Map;

/** Exact numbers in CEL, which has none: made, compared and reckoned with like the numbers that it has. */
final class DecimalLibrary implements CelCompilerLibrary, CelRuntimeLibrary {

    private static final Map<String, Binary<Decimal, Decimal>> COMPARISONS = Map.of(
            "_<_", (one, other) -> one.compareTo(other) < 0,
            "_<=_", (one, other) -> one.compareTo(other) <= 0,
            "_>_", (one, other) -> one.compareTo(other) > 0,
            "_>=_", (one, other) -> one.compareTo(other) >= 0);

    private static final Map<String, Binary<Decimal, Decimal>> RECKONING =
            Map.of("_+_", Decimal::plus, "_-_", Decimal::minus, "_*_", Decimal::times);

    @Override
    public void setCheckerOptions(CelCheckerBuilder checker) {
        COMPARISONS
                .keySet()
                .forEach(operator -> checker.addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                        operator,
                        CelOverloadDecl.newGlobalOverload(
                                operator + "decimal", SimpleType.BOOL, Decimal.TYPE, Decimal.TYPE),
                        CelOverloadDecl.newGlobalOverload(
                                operator + "decimal_int", SimpleType.BOOL, Decimal.TYPE, SimpleType.INT))));
        RECKONING
                .keySet()
                .forEach(operator -> checker.addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                        operator,
                        CelOverloadDecl.newGlobalOverload(
                                operator + "decimal", Decimal.TYPE, Decimal.TYPE, Decimal.TYPE))));
        checker.addFunctionDeclarations(
                CelFunctionDecl.newFunctionDeclaration(
                        "decimal",
                        CelOverloadDecl.newGlobalOverload("string_to_decimal", Decimal.TYPE, SimpleType.STRING),
                        CelOverloadDecl.newGlobalOverload("int_to_decimal", Decimal.TYPE, SimpleType.INT)),
                CelFunctionDecl.newFunctionDeclaration(
                        "double",
                        CelOverloadDecl.newGlobalOverload("decimal_to_double", SimpleType.DOUBLE, Decimal.TYPE)),
                CelFunctionDecl.newFunctionDeclaration(
                        "string",
                        CelOverloadDecl.newGlobalOverload("decimal_to_string", SimpleType.STRING, Decimal.TYPE)));
    }

    @Override
    public void setRuntimeOptions(CelRuntimeBuilder runtime) {
        COMPARISONS.forEach((operator, holds) -> runtime.addFunctionBindings(
                CelFunctionBinding.from(operator + "decimal", Decimal.class, Decimal.class, holds),
                CelFunctionBinding.from(
                        operator + "decimal_int",
                        Decimal.class,
                        Long.class,
                        (one, other) -> holds.apply(one, Decimal.of(other)))));
        RECKONING.forEach((operator, reckoning) -> runtime.addFunctionBindings(
                CelFunctionBinding.from(operator + "decimal", Decimal.class, Decimal.class, reckoning)));
        runtime.addFunctionBindings(
                CelFunctionBinding.from("string_to_decimal", String.class, Decimal::parse),
                CelFunctionBinding.from("int_to_decimal", Long.class, Decimal::of),
                CelFunctionBinding.from("decimal_to_double", Decimal.class, Decimal::toDouble),
                CelFunctionBinding.from("decimal_to_string", Decimal.class, Decimal::toString));
    }
}
