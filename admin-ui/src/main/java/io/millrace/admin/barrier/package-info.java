/** Waits until everything committed so far is in every sink. */
@NullMarked
package io.millrace.admin.barrier;

import org.jspecify.annotations.NullMarked;
