package io.millrace.sync;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModularityTests {

    @Test
    void featuresUseOnlyWhatOthersShow() {
        ApplicationModules.of(SyncWorkersApplication.class).verify();
    }
}
