/** The change history: who changed what, when, from what to what. Reads, never writes. */
@NullMarked
package io.millrace.admin.history;

import org.jspecify.annotations.NullMarked;
