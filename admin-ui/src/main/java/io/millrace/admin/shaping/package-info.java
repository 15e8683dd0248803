/** What a sink gets of a table: declaring it, checking it, trying it on recent changes. */
@NullMarked
package io.millrace.admin.shaping;

import org.jspecify.annotations.NullMarked;
