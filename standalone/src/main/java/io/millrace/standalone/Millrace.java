package io.millrace.standalone;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit codes: 0 done, 1 not done and said why, 2 not understood. */
@Command(
        name = "millrace",
        description = "Keeps search indexes, caches and a change history in step with PostgreSQL.",
        mixinStandardHelpOptions = true,
        version = "Millrace 0.1",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {UpCommand.class, StackCommand.class, StatusCommand.class, BarrierCommand.class})
public final class Millrace {

    private Millrace() {}

    public static void main(String[] arguments) {
        System.exit(run(commandLine(), arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Millrace());
    }

    /** Runs a command line so that every failure is a sentence; also for command lines that are not this one. */
    public static int run(CommandLine line, String... arguments) {
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, ignored) -> {
                    CommandLine command = e.getCommandLine();
                    command.getErr()
                            .println(e.getMessage() + ". See ./millrace"
                                    + (command.getParent() == null ? "" : " " + command.getCommandName()) + " --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, ignored) -> {
                    command.getErr().println(Sentence.of(e));
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments);
    }
}
