/** What every page and every API answer share: layout, formats, problems. Knows no feature. */
@NullMarked
package io.millrace.admin.web;

import org.jspecify.annotations.NullMarked;
