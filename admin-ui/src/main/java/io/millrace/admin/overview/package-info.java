/** The first page: is everything in sync, and if not, what is behind. */
@NullMarked
package io.millrace.admin.overview;

import org.jspecify.annotations.NullMarked;
