package io.millrace.admin.history;

import io.millrace.admin.web.Format;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.event.TableId;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.util.UriComponentsBuilder;

/** The history as a list, one event, and the life of one row. */
@Page
@RequestMapping("/history")
class HistoryPages {

    private static final int EVENTS = 50;
    private static final int IN_ONE_TRANSACTION = 50;

    private final ChangeHistory history;
    private final PipelineCatalog catalog;

    HistoryPages(ChangeHistory history, PipelineCatalog catalog) {
        this.history = history;
        this.catalog = catalog;
    }

    /** What the filters hold, as it was typed. */
    record Filters(
            @Nullable String table,
            @Nullable String key,
            @Nullable String operation,
            @Nullable String from,
            @Nullable String to) {

        public boolean any() {
            return table != null || key != null || operation != null || from != null || to != null;
        }
    }

    @GetMapping
    String list(
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String table,
            @RequestParam @Nullable String key,
            @RequestParam @Nullable String operation,
            @RequestParam @Nullable String from,
            @RequestParam @Nullable String to,
            @RequestParam @Nullable String cursor,
            @ModelAttribute("fmt") Format format,
            Model model) {
        Filters filters = new Filters(given(table), given(key), given(operation), given(from), given(to));
        List<CapturedTable> tables = catalog.tables();
        CapturedTable chosen = filters.table() == null
                ? null
                : tables.stream()
                        .filter(one -> name(one).equals(filters.table()))
                        .findFirst()
                        .orElseThrow(() -> Problem.notFound(
                                "Table",
                                "No registered table is named '" + filters.table() + "'; the list of tables has all."));
        model.addAttribute("filters", filters);
        model.addAttribute("tables", tables.stream().map(HistoryPages::name).toList());
        model.addAttribute("chosen", chosen);
        List<EventView> events = List.of();
        String next = null;
        try {
            HistoryQuery query = new HistoryQuery(
                    chosen == null ? given(source) : chosen.source(),
                    chosen == null ? null : chosen.table().schema(),
                    chosen == null ? null : chosen.table().table(),
                    filters.key(),
                    filters.operation(),
                    time(filters.from(), format),
                    time(filters.to(), format));
            Items<HistoryEvent> page = history.page(query, given(cursor), EVENTS);
            events = views(page.items(), tables);
            next = page.next();
        } catch (Problem problem) {
            model.addAttribute("refusal", problem.detail());
        }
        model.addAttribute("events", events);
        model.addAttribute("first", given(cursor) == null);
        model.addAttribute("nextPage", next == null ? null : link(filters, next));
        return "history";
    }

    @GetMapping("/events/{event}")
    String event(@PathVariable String event, Model model) {
        HistoryEvent found = history.event(event)
                .orElseThrow(() -> Problem.notFound("Event", "The history holds no event with the id " + event + "."));
        List<CapturedTable> tables = catalog.tables();
        model.addAttribute("e", view(found, tables));
        model.addAttribute("others", views(history.sameTransaction(found, IN_ONE_TRANSACTION), tables));
        return "event";
    }

    @GetMapping("/row")
    String row(
            @RequestParam String source,
            @RequestParam String schema,
            @RequestParam String table,
            @RequestParam String key,
            @RequestParam @Nullable String cursor,
            Model model) {
        Items<HistoryEvent> page =
                history.page(new HistoryQuery(source, schema, table, key, null, null, null), given(cursor), EVENTS);
        List<CapturedTable> tables = catalog.tables();
        List<EventView> events = views(page.items(), tables);
        model.addAttribute("source", source);
        model.addAttribute("tableName", schema + "." + table);
        model.addAttribute(
                "table", catalog.table(source, new TableId(schema, table)).orElse(null));
        model.addAttribute("key", events.isEmpty() ? key : events.get(0).keyWords());
        model.addAttribute("events", events);
        model.addAttribute("first", given(cursor) == null);
        model.addAttribute(
                "nextPage",
                page.next() == null
                        ? null
                        : UriComponentsBuilder.fromPath("/history/row")
                                .queryParam("source", "{source}")
                                .queryParam("schema", "{schema}")
                                .queryParam("table", "{table}")
                                .queryParam("key", "{key}")
                                .queryParam("cursor", "{cursor}")
                                .encode()
                                .buildAndExpand(source, schema, table, key, page.next())
                                .toUriString());
        return "row";
    }

    private static List<EventView> views(List<HistoryEvent> events, List<CapturedTable> tables) {
        return events.stream().map(event -> view(event, tables)).toList();
    }

    private static EventView view(HistoryEvent event, List<CapturedTable> tables) {
        TableId id = new TableId(event.schema(), event.table());
        return tables.stream()
                .filter(table ->
                        table.source().equals(event.source()) && table.table().equals(id))
                .findFirst()
                .map(table -> EventView.of(
                        event,
                        table.keyColumns(),
                        table.columns().stream().map(Column::name).toList()))
                .orElseGet(() -> EventView.of(event, List.of(), List.of()));
    }

    private static String name(CapturedTable table) {
        return table.source() + "." + table.table();
    }

    private static @Nullable String given(@Nullable String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }

    private static @Nullable Instant time(@Nullable String text, Format format) {
        if (text == null) {
            return null;
        }
        try {
            return text.endsWith("Z")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text.replace(' ', 'T'))
                            .atZone(format.zone())
                            .toInstant();
        } catch (DateTimeException e) {
            throw Problem.badRequest("The time '" + text + "' is not one like 2026-01-31T14:02:07.");
        }
    }

    private static String link(Filters filters, String cursor) {
        UriComponentsBuilder link = UriComponentsBuilder.fromPath("/history");
        java.util.Map<String, Object> values = new java.util.LinkedHashMap<>();
        put(values, "table", filters.table());
        put(values, "key", filters.key());
        put(values, "operation", filters.operation());
        put(values, "from", filters.from());
        put(values, "to", filters.to());
        values.put("cursor", cursor);
        values.keySet().forEach(name -> link.queryParam(name, "{" + name + "}"));
        return link.encode().buildAndExpand(values).toUriString();
    }

    private static void put(java.util.Map<String, Object> values, String name, @Nullable String value) {
        if (value != null) {
            values.put(name, value);
        }
    }
}
