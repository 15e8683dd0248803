package io.millrace.capture.engine;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.TableId;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A relation as the source's catalog has it now.
 *
 * @param identityUsable whether UPDATE and DELETE work for the application once it is published
 * @param published whether any publication of ours has it
 * @param insertOnly whether the one without UPDATE and DELETE has it
 * @param leaves of a partitioned table, each as OID and file node; null for any other
 */
record PresentRelation(
        TableId name,
        boolean identityUsable,
        boolean published,
        boolean insertOnly,
        @Nullable Set<String> leaves) {

    private static final String PRESENT = """
            SELECT c.oid::bigint, n.nspname, c.relname,
                   CASE c.relreplident WHEN 'f' THEN true WHEN 'n' THEN false
                        ELSE EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
                                     AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END) END AS usable,
                   (SELECT coalesce(bool_or(NOT p.pubupdate), false) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                    WHERE r.prrelid = c.oid AND p.pubname IN (?, ?)) AS insert_only,
                   EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                           WHERE r.prrelid = c.oid AND p.pubname IN (?, ?)) AS published,
                   CASE WHEN c.relkind = 'p'
                        THEN (%s SELECT coalesce(array_agg(t.relid::oid::text || ':' || l.relfilenode::text), '{}')
                              FROM tree t JOIN pg_class l ON l.oid = t.relid AND l.relkind <> 'p') END AS leaves
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ANY (?::oid[])
            """.formatted(SourceTables.WITH_TREE);

    /**
     * What was created as a partition, with all above it below the root, in the transaction that made it one. Its row type is as old as
     * itself; its place in the tree is as old as its attachment.
     */
    private static final String BORN = """
            SELECT coalesce(bool_and(t.xmin::text = i.xmin::text), false) AS born,
                   max(CASE WHEN a.relid = ?::oid THEN i.xmin::text END) AS xid,
                   (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ?::oid) AS name
            FROM pg_partition_ancestors(?::oid::regclass) a
            JOIN pg_inherits i ON i.inhrelid = a.relid JOIN pg_type t ON t.typrelid = a.relid
            WHERE a.relid <> ?::oid
            """;

    static Map<Long, PresentRelation> read(Connection connection, Source source, Collection<Long> oids)
            throws SQLException {
        Map<Long, PresentRelation> present = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(PRESENT)) {
            for (int i = 1; i < 5; i += 2) {
                statement.setString(i, source.publication());
                statement.setString(i + 1, source.insertOnlyPublication());
            }
            statement.setArray(5, connection.createArrayOf("oid", oids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Array leaves = row.getArray("leaves");
                    present.put(
                            row.getLong("oid"),
                            new PresentRelation(
                                    new TableId(row.getString("nspname"), row.getString("relname")),
                                    row.getBoolean("usable"),
                                    row.getBoolean("published"),
                                    row.getBoolean("insert_only"),
                                    leaves == null ? null : Set.copyOf(Arrays.asList((String[]) leaves.getArray()))));
                }
            }
        }
        return present;
    }

    /** Tells whether every row of a leaf was written when it was a partition already, so that the stream has all of them. */
    static boolean bornEmpty(Connection connection, long root, String leaf) throws SQLException {
        String oid = leaf.substring(0, leaf.indexOf(':'));
        String name;
        String xid;
        try (PreparedStatement statement = connection.prepareStatement(BORN)) {
            statement.setString(1, oid);
            statement.setString(2, oid);
            statement.setString(3, oid);
            statement.setString(4, Long.toString(root));
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next() || !row.getBoolean("born")) {
                    return false;
                }
                name = row.getString("name");
                xid = row.getString("xid");
            }
        }
        // created, filled and attached in one transaction looks the same, but for the rows
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT EXISTS (SELECT FROM (SELECT xmin AS born FROM ONLY "
                        + name + " LIMIT 1000) f WHERE f.born::text = '" + xid + "')")) {
            row.next();
            return !row.getBoolean(1);
        }
    }
}
