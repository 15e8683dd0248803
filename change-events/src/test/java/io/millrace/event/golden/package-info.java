/** The canonical values of every type, for the tests of all modules. */
package io.millrace.event.golden;
