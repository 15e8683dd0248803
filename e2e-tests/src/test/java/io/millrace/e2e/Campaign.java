package io.millrace.e2e;

/** How thorough a run is: short in every build, long with {@code ./millrace test --campaign}. */
final class Campaign {

    private Campaign() {}

    static int rounds(int shortRun, int campaign) {
        return Boolean.getBoolean("millrace.campaign") ? campaign : shortRun;
    }
}
