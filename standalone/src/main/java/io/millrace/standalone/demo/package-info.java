/** A small shop that keeps trading, so that there is something to see. Knows PostgreSQL and nothing of Millrace. */
@NullMarked
package io.millrace.standalone.demo;

import org.jspecify.annotations.NullMarked;
