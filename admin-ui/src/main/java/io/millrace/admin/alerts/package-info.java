/** What needs a person: open alerts on every way that people and monitoring look. Raised elsewhere; closed here. */
@NullMarked
package io.millrace.admin.alerts;

import org.jspecify.annotations.NullMarked;
