/** The local stack for integration tests: one per build, or one per JVM; knows nothing of what is tested. */
@NullMarked
package io.millrace.localstack.junit;

import org.jspecify.annotations.NullMarked;
