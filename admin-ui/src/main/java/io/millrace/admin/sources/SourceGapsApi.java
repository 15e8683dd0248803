package io.millrace.admin.sources;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.SourceGap;
import io.millrace.event.Lsn;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.security.Principal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;

/** {@code /sources/{s}/gaps}, and the way on from one: {@code /sources/{s}/epochs}. */
@Api
@RequestMapping("/api/v1/sources/{name}")
class SourceGapsApi {

    private final SourceRegister register;

    SourceGapsApi(SourceRegister register) {
        this.register = register;
    }

    /**
     * A gap, LSNs as PostgreSQL writes them.
     *
     * @param open whether it keeps the source from being captured
     */
    record GapView(
            long id,
            int epoch,
            GapCause cause,
            String detail,
            String fromLsn,
            @Nullable String toLsn,
            Instant since,
            Instant detectedAt,
            boolean open,
            @Nullable String acceptedBy,
            @Nullable Instant acceptedAt,
            @Nullable Integer newEpoch,
            @Nullable Instant closedAt) {

        static GapView of(SourceGap gap) {
            Long to = gap.toLsn();
            return new GapView(
                    gap.id(),
                    gap.epoch(),
                    gap.cause(),
                    gap.detail(),
                    Lsn.format(gap.fromLsn()),
                    to == null ? null : Lsn.format(to),
                    gap.since(),
                    gap.detectedAt(),
                    gap.closedAt() == null,
                    gap.acceptedBy(),
                    gap.acceptedAt(),
                    gap.newEpoch(),
                    gap.closedAt());
        }
    }

    /** @param gap id of the open gap that the caller has seen, and accepts */
    record NewEpoch(@NotNull Long gap) {}

    record Epoch(int epoch) {}

    @GetMapping("/gaps")
    Items<GapView> gaps(@PathVariable String name) {
        return Items.all(
                register.gaps(register.find(name)).stream().map(GapView::of).toList());
    }

    @PostMapping("/epochs")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Epoch begin(@PathVariable String name, @Valid @RequestBody NewEpoch wanted, Principal caller) {
        return new Epoch(register.accept(register.find(name), wanted.gap(), caller.getName()));
    }
}
