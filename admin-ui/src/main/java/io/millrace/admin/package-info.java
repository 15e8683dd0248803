/** The console: REST API and pages for DBAs and auditors. Meets the other apps in Kafka and in the catalog alone. */
@NullMarked
package io.millrace.admin;

import org.jspecify.annotations.NullMarked;
