/** Captured tables: registering, watching, pausing, removing. */
@NullMarked
package io.millrace.admin.tables;

import org.jspecify.annotations.NullMarked;
