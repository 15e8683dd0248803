package io.millrace.localstack;

/**
 * What the services may use of the machine.
 *
 * @param kafkaHeapMegabytes the heap of the Kafka broker
 * @param elasticsearchHeapMegabytes the heap of the Elasticsearch node
 * @param postgresFsync whether PostgreSQL forces its WAL to the disk at each commit. On, as in production, by default; off
 *     makes small commits faster and loses the cluster in a power cut (not when a process is killed)
 */
public record ServiceTuning(int kafkaHeapMegabytes, int elasticsearchHeapMegabytes, boolean postgresFsync) {

    /** What the documentation names and the figures were measured with. */
    public static final ServiceTuning DEFAULT = new ServiceTuning(384, 512, true);

    /** @throws IllegalArgumentException for a heap that is too small to start with */
    public ServiceTuning {
        requireHeap("Kafka", kafkaHeapMegabytes, 128);
        requireHeap("Elasticsearch", elasticsearchHeapMegabytes, 256);
    }

    private static void requireHeap(String name, int megabytes, int least) {
        if (megabytes < least) {
            throw new IllegalArgumentException(
                    name + " cannot work with a heap of " + megabytes + " MB: give it at least " + least + " MB");
        }
    }
}
