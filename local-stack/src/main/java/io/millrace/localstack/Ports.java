package io.millrace.localstack;

import java.util.Set;

/**
 * The port of each service on localhost.
 *
 * @param postgresql PostgreSQL's port, 0 for any free one
 * @param kafka the port of Kafka's client listener, 0 for any free one
 * @param elasticsearch the port of Elasticsearch's HTTP interface, 0 for any free one
 * @param redis Redis' port, 0 for any free one
 */
public record Ports(int postgresql, int kafka, int elasticsearch, int redis) {

    /** The ports that Millrace's documentation names. */
    public static final Ports DEFAULT = new Ports(15432, 19092, 19200, 16379);

    /** Any free ports: what tests want. */
    public static final Ports FREE = new Ports(0, 0, 0, 0);

    /** @throws IllegalArgumentException for a number that is no port, or one that two services would share */
    public Ports {
        int[] all = {postgresql, kafka, elasticsearch, redis};
        Service[] services = Service.values();
        for (int i = 0; i < all.length; i++) {
            if (all[i] < 0 || all[i] > 65535) {
                throw new IllegalArgumentException(services[i].portOption() + " " + all[i]
                        + " is not a port: give a number from 1 to 65535, or 0 for any free port");
            }
            for (int j = 0; j < i; j++) {
                if (all[i] != 0 && all[i] == all[j]) {
                    throw new IllegalArgumentException("Port " + all[i] + " is given to both "
                            + services[j].displayName() + " and " + services[i].displayName() + ": change "
                            + services[j].portOption() + " or " + services[i].portOption());
                }
            }
        }
    }

    /** The port of one service. */
    public int of(Service service) {
        return switch (service) {
            case POSTGRESQL -> postgresql;
            case KAFKA -> kafka;
            case ELASTICSEARCH -> elasticsearch;
            case REDIS -> redis;
        };
    }

    /** The same ports, but for one service. */
    public Ports with(Service service, int port) {
        return new Ports(
                service == Service.POSTGRESQL ? port : postgresql,
                service == Service.KAFKA ? port : kafka,
                service == Service.ELASTICSEARCH ? port : elasticsearch,
                service == Service.REDIS ? port : redis);
    }

    /** Returns a port that nobody holds now, below those that outgoing connections take. */
    public static int free() {
        return PortCheck.free(Set.of());
    }
}
