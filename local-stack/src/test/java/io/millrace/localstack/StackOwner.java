package io.millrace.localstack;

import java.nio.file.Path;

/** A program that starts a stack and waits to be killed. */
final class StackOwner {

    private StackOwner() {}

    public static void main(String[] arguments) throws InterruptedException {
        LocalStackOptions options = LocalStackOptions.in(Path.of(arguments[0])).withPorts(Ports.FREE);
        try (LocalStack stack = LocalStack.start(options, System.out::println)) {
            System.out.println("STARTED");
            Thread.sleep(600_000);
        }
    }
}
