/** Records that a sink refused. */
@NullMarked
package io.millrace.admin.deadletters;

import org.jspecify.annotations.NullMarked;
