package io.millrace.admin.sinks;

import io.millrace.admin.web.Api;
import java.security.Principal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /sinks/{s}/tables/{t}/options}: what is said of one table in one sink. */
@Api
@RequestMapping("/api/v1/sinks/{sink}/tables/{table}/options")
class OptionsApi {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final BindingOptions options;

    OptionsApi(BindingOptions options) {
        this.options = options;
    }

    @GetMapping
    JsonNode show(@PathVariable String sink, @PathVariable long table) {
        return JSON.readTree(options.of(sink, table));
    }

    @PutMapping
    JsonNode save(@PathVariable String sink, @PathVariable long table, @RequestBody JsonNode wanted, Principal caller) {
        options.save(sink, table, wanted.toString(), caller.getName());
        return show(sink, table);
    }
}
