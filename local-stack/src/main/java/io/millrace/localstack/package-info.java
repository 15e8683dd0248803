/**
 * Starts, watches and stops real PostgreSQL, Kafka, Elasticsearch and Redis as child processes of this JVM; knows nothing
 * of Millrace itself.
 */
@NullMarked
package io.millrace.localstack;

import org.jspecify.annotations.NullMarked;
