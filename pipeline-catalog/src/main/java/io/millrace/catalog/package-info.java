/**
 * The control tables as Java: what is captured, where it goes, and how far everything is. The apps meet here and in Kafka; this
 * package knows nothing of how they work.
 */
@NullMarked
package io.millrace.catalog;

import org.jspecify.annotations.NullMarked;
