package io.millrace.admin;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModularityTests {

    @Test
    void featuresReachOneAnotherThroughPublicTypesAndWithoutCycles() {
        ApplicationModules.of(AdminApplication.class).verify();
    }
}
