/** Writes changes as records of the contract to Kafka, once each and in order. Does not know where they are read. */
@NullMarked
package io.millrace.capture.publish;

import org.jspecify.annotations.NullMarked;
