package io.millrace.capture;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModularityTests {

    @Test
    void featuresUseOneAnotherWithoutCyclesAndOnlyWhatTheyShow() {
        ApplicationModules.of(CaptureApplication.class).verify();
    }
}
