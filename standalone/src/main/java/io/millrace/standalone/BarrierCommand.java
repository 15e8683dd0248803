package io.millrace.standalone;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "barrier",
        description =
                "Returns when everything committed in the sources before is in every sink; says what is behind otherwise.",
        mixinStandardHelpOptions = true)
final class BarrierCommand implements Callable<Integer> {

    @Mixin
    private ApiOptions options = new ApiOptions();

    @Option(
            names = "--timeout",
            paramLabel = "60s",
            converter = Durations.class,
            description = "how long to wait: 500ms, 60s, 5m (default: 60s)")
    private Duration timeout = Duration.ofSeconds(60);

    @Override
    @SuppressWarnings("SystemOut")
    public Integer call() throws Exception {
        long begin = System.nanoTime();
        Api.Answer answer = options.api().barrier(timeout);
        if (answer.ok()) {
            System.out.printf(
                    Locale.ROOT, "Everything is in every sink, after %.2f s.%n", (System.nanoTime() - begin) / 1e9);
            return 0;
        }
        System.err.println(answer.problem());
        return 1;
    }

    /** Reads durations as people write them. */
    static final class Durations implements ITypeConverter<Duration> {

        private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m)");

        @Override
        public Duration convert(String value) {
            Matcher matcher = FORM.matcher(value);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + value + "' is not a duration such as 500ms, 60s or 5m");
            }
            long number = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                default -> Duration.ofMinutes(number);
            };
        }
    }
}
