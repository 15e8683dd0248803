/** The real apps on real services: what a person does, what a disaster does, and a full comparison afterwards. */
package io.millrace.e2e;
