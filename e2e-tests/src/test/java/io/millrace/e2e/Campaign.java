package io.millrace.e2e;

/** How thorough a run is: short in every build, long with {@code ./millrace test --campaign}. */
final class Campaign {

    /** Short runs are starts for the most part: the second compiler would only take their processors away. */
    static final String JIT = isOn() ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1";

    private Campaign() {}

    private static boolean isOn() {
        return Boolean.getBoolean("millrace.campaign");
    }

    static int rounds(int shortRun, int campaign) {
        return isOn() ? campaign : shortRun;
    }
}
