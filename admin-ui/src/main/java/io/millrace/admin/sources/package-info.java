/** The PostgreSQL databases that tables are captured from. */
@NullMarked
package io.millrace.admin.sources;

import org.jspecify.annotations.NullMarked;
