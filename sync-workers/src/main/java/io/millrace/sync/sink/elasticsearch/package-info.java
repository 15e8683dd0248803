/** Elasticsearch: each row a document, each table an index behind an alias, versions kept by the server. */
@NullMarked
package io.millrace.sync.sink.elasticsearch;

import org.jspecify.annotations.NullMarked;
