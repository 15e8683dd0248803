/** How far capture and the sinks are, sampled once a second, and the throughput of the last hour. */
@NullMarked
package io.millrace.admin.lag;

import org.jspecify.annotations.NullMarked;
