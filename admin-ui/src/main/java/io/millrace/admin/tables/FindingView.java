package io.millrace.admin.tables;

import io.millrace.catalog.preflight.Finding;
import org.jspecify.annotations.Nullable;

/** A finding of the checks as the API returns it. */
record FindingView(
        String severity,
        String code,
        String problem,
        @Nullable String remedy,
        @Nullable String sql) {

    static FindingView of(Finding finding) {
        return new FindingView(
                finding.severity().name(), finding.code(), finding.problem(), finding.remedy(), finding.sql());
    }
}
