package io.millrace.sync.delivery;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/**
 * Tells the sink's health what a consumer's polls fail with, until one succeeds. Spring Kafka tries them again by itself, refusals of
 * Kafka's without a word to any error handler, and meanwhile nothing is delivered.
 */
final class PollFaults implements SteeredConsumer.Steering {

    private final String sink;
    private final SteeredConsumer.Steering steering;
    private final SinkHealth health;

    PollFaults(String sink, SteeredConsumer.Steering steering, SinkHealth health) {
        this.sink = sink;
        this.steering = steering;
        this.health = health;
    }

    @Override
    public void beforePoll(SteeredConsumer consumer) {
        steering.beforePoll(consumer);
    }

    @Override
    public void polled(SteeredConsumer consumer) {
        health.polls(consumer);
    }

    @Override
    public void failed(SteeredConsumer consumer, RuntimeException e) {
        health.cannotPoll(consumer, said(sink, e));
    }

    @Override
    public void closed(SteeredConsumer consumer) {
        health.polls(consumer);
    }

    private static String sentence(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        return message.endsWith(".") ? message : message + ".";
    }

    /** Returns what is wrong, and what to do where that is known. */
    static String said(String sink, RuntimeException e) {
        String message = sentence(e);
        if (e instanceof TopicAuthorizationException topics) {
            return "Kafka does not let Millrace read " + String.join(", ", topics.unauthorizedTopics()) + " for " + sink
                    + ": allow its user the operations READ and DESCRIBE on these topics.";
        }
        if (e instanceof GroupAuthorizationException group) {
            return "Kafka does not let Millrace read in the consumer group " + group.groupId()
                    + ": allow its user the operation READ on this group.";
        }
        if (e instanceof AuthorizationException) {
            return "Kafka does not let Millrace read for " + sink + ": " + message
                    + " Allow its user the operation that is refused.";
        }
        if (e instanceof AuthenticationException) {
            return "Kafka does not let Millrace in to read for " + sink + ": " + message
                    + " Correct the security settings at spring.kafka, or the user in Kafka.";
        }
        return (e instanceof KafkaException ? "Kafka cannot be read for " : "Nothing can be read for ") + sink
                + "; it is tried again until it can: " + e;
    }
}
