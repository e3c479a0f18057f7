#include "orchestrator/spec/build_cell.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/effective.hpp"
#include "server/common/time.hpp"

namespace elytractl::spec {
namespace {

using elytra::bench::ArrivalModel;
using elytra::bench::ArrivalOptions;
using elytra::bench::MixOptions;
using elytra::bench::RateStretch;
using elytra::bench::TrafficOptions;
using elytra::bench::UnitKind;

constexpr std::uint64_t window_intervals_min = 4;

constexpr std::uint32_t unit_events_max = 4;  // of a chain
constexpr std::uint32_t share_sum = 1000;

// A flat rate is one stretch that is repeated for ever; its length means nothing.
constexpr std::uint64_t flat_stretch_nanoseconds = elytra::nanoseconds_per_second;

// Reads one cell and notes what contradicts what.
class CellBuilder {
public:
    CellBuilder(const Document& document, Problems& problems)
        : values_(document), problems_(problems) {}

    ClusterSpec cluster() {
        return {.replicas = values_.small("/cluster/replicas"),
                .binary = values_.text("/cluster/binary"),
                .lifetime = values_.choice<Lifetime>("/cluster/lifetime"),
                .directory = values_.text("/cluster/dir"),
                .start_flags = start_flags(),
                .ready_timeout_nanoseconds = values_.nanoseconds("/cluster/ready/timeout"),
                .stop_timeout_nanoseconds = values_.nanoseconds("/cluster/stop/timeout")};
    }

    TrafficOptions traffic() {
        TrafficOptions traffic;
        traffic.workload = workload();
        traffic.mix = mix();
        traffic.arrival = arrival();
        traffic.clients = values_.small("/load/clients");
        traffic.threads = values_.small("/load/threads");
        traffic.batch_max = values_.small("/load/batch_max");
        traffic.linger_nanoseconds = values_.nanoseconds("/load/linger");
        traffic.backlog_max = values_.whole("/load/backlog_max");
        traffic.late_nanoseconds = values_.nanoseconds("/load/late_after");
        traffic.interval_nanoseconds = values_.nanoseconds("/measure/interval");
        traffic.audit = values_.boolean("/load/audit");
        check_sizes(traffic);
        return traffic;
    }

    std::string driver_command() {
        const std::string driver = values_.text("/load/driver");
        return driver == driver_builtin ? std::string() : driver.substr(driver_exec.size());
    }

    std::vector<double> rate_fractions() {
        std::vector<double> fractions;
        if (values_.value("/load/arrival/rate") != rate_auto) return fractions;
        for (const Json& step : values_.value("/load/arrival/steps")) {
            fractions.push_back(fraction_of(step));
        }
        return fractions;
    }

    MeasureSpec measure() {
        MeasureSpec measure{
            .warmup = warmup(),
            .duration_nanoseconds = values_.nanoseconds("/measure/duration"),
            .cover_checkpoints = values_.small("/measure/cover/checkpoints"),
            .repeat = values_.small("/measure/repeat"),
            .observe = values_.boolean("/measure/observe"),
            .percentiles = values_.value("/measure/percentiles").get<std::vector<double>>()};
        if (measure.duration_nanoseconds < values_.nanoseconds("/measure/interval")) {
            refuse("/measure/duration", "must be at least /measure/interval");
        }
        return measure;
    }

private:
    void check_sizes(const TrafficOptions& traffic) {
        if (traffic.threads > traffic.clients) {
            refuse("/load/threads",
                   fmt::format("must be at most /load/clients, which is {}", traffic.clients));
        }
        const auto single = traffic.mix.share(UnitKind::plain) + traffic.mix.share(UnitKind::query);
        if (traffic.batch_max < unit_events_max && single != share_sum) {
            refuse("/load/batch_max",
                   fmt::format("must be at least {}, so that a chain of linked transfers fits",
                               unit_events_max));
        }
        const std::uint64_t batches = std::uint64_t{traffic.batch_max} * traffic.threads;
        if (traffic.backlog_max < batches) {
            refuse("/load/backlog_max",
                   fmt::format("must be at least one batch for each thread, which is {}", batches));
        }
    }

    // At the place of the value, or of what stands around it where it is a default.
    void refuse(std::string_view pointer, std::string rule) {
        const Json value = values_.value(pointer);
        problems_.push_back({.place = values_.document().place_of(pointer),
                             .pointer = std::string(pointer),
                             .value = value.is_null() ? std::string() : short_text(value),
                             .rule = std::move(rule)});
    }

    void refuse_if_said(std::string_view pointer, std::string_view rule) {
        if (values_.says(pointer)) refuse(pointer, std::string(rule));
    }

    std::vector<StartFlag> start_flags() const {
        std::vector<StartFlag> flags;
        const Json said = values_.value("/cluster/start");
        for (const auto& [key, value] : said.items()) {
            if (value == false) continue;
            std::string name = key;
            for (char& c : name) c = c == '_' ? '-' : c;
            std::string text;
            if (value.is_string()) text = value.get<std::string>();
            if (value.is_number()) text = value.dump();
            flags.push_back({.name = std::move(name), .text = std::move(text)});
        }
        return flags;
    }

    elytra::bench::WorkloadOptions workload() {
        elytra::bench::WorkloadOptions workload;
        workload.account_count = values_.whole("/load/accounts");
        workload.seed = values_.whole("/load/seed");
        workload.id_order = values_.choice<elytra::bench::IdOrder>("/load/id_order");
        if (values_.text("/load/distribution") != distribution_hot) {
            workload.account_distribution =
                values_.choice<elytra::bench::DistributionKind>("/load/distribution");
            refuse_if_said("/load/hot", "means nothing unless /load/distribution is \"hot\"");
            return workload;
        }
        workload.account_count_hot = values_.small("/load/hot/accounts");
        workload.transfer_hot_percent = values_.small("/load/hot/percent");
        if (workload.account_count_hot >= workload.account_count) {
            refuse("/load/hot/accounts", fmt::format("must be below /load/accounts, which is {}",
                                                     workload.account_count));
        }
        return workload;
    }

    // Shares in thousandths, plain transfers being what the others leave.
    MixOptions mix() {
        constexpr std::array<UnitKind, 4> others{UnitKind::linked, UnitKind::two_phase,
                                                 UnitKind::failing, UnitKind::query};
        MixOptions mix;
        std::uint32_t sum = 0;
        for (const UnitKind kind : others) sum += mix.share(kind) = share_of(kind);
        if (sum > share_sum) {
            refuse("/load/mix", "the shares add up to more than 100%");
            return mix;
        }
        mix.share(UnitKind::plain) = share_sum - sum;
        if (values_.says("/load/mix/plain") && share_of(UnitKind::plain) != share_sum - sum) {
            refuse("/load/mix/plain", fmt::format("the shares must add up to 100%; the others "
                                                  "leave {:.1f}%",
                                                  static_cast<double>(share_sum - sum) / 10));
        }
        return mix;
    }

    std::uint32_t share_of(UnitKind kind) {
        constexpr double tolerance = 1e-6;
        const std::string pointer = fmt::format("/load/mix/{}", elytra::bench::to_text(kind));
        const double thousandths = values_.fraction(pointer) * 1000;
        const double rounded = std::round(thousandths);
        if (std::abs(thousandths - rounded) > tolerance) {
            refuse(pointer, "must be a whole number of tenths of a percent");
        }
        return static_cast<std::uint32_t>(rounded);
    }

    ArrivalOptions arrival() {
        ArrivalOptions arrival;
        arrival.model = values_.choice<ArrivalModel>("/load/arrival/model");
        switch (arrival.model) {
            case ArrivalModel::closed:
                fill_closed(arrival);
                break;
            case ArrivalModel::open:
                fill_open(arrival);
                break;
        }
        return arrival;
    }

    void fill_closed(ArrivalOptions& arrival) {
        arrival.think_nanoseconds = values_.nanoseconds("/load/arrival/think");
        for (const std::string_view key : {"rate", "shape", "steps", "process"}) {
            refuse_if_said(fmt::format("/load/arrival/{}", key),
                           "means nothing in a closed loop; remove it, or set "
                           "/load/arrival/model to \"open\"");
        }
    }

    void fill_open(ArrivalOptions& arrival) {
        arrival.process = values_.choice<elytra::bench::ArrivalProcess>("/load/arrival/process");
        refuse_if_said("/load/arrival/think", "means nothing in an open loop; remove it");
        const Json rate = values_.value("/load/arrival/rate");
        const Json shape = values_.value("/load/arrival/shape");
        if (rate.is_null() == shape.is_null()) {
            refuse("/load/arrival", rate.is_null() ? "an open loop needs a rate or a shape"
                                                   : "rate and shape exclude each other");
            return;
        }
        if (rate != rate_auto) {
            refuse_if_said("/load/arrival/steps", "means nothing unless rate is \"auto\"");
        }
        if (rate == rate_auto) return;  // known once the closed loop has run
        if (shape.is_null()) {
            arrival.stretches.push_back({.rate_begin = rate_of(rate),
                                         .rate_end = rate_of(rate),
                                         .nanoseconds = flat_stretch_nanoseconds});
            return;
        }
        fill_shape(arrival, shape);
    }

    void fill_shape(ArrivalOptions& arrival, const Json& shape) {
        const std::size_t problems_before = problems_.size();
        std::uint64_t rate_max = 0;
        for (std::size_t index = 0; index < shape.size(); ++index) {
            const std::string pointer = fmt::format("/load/arrival/shape/{}", index);
            const RateStretch stretch = stretch_of(shape[index], pointer);
            rate_max = std::max({rate_max, stretch.rate_begin, stretch.rate_end});
            arrival.stretches.push_back(stretch);
        }
        if (rate_max == 0 && problems_.size() == problems_before) {
            refuse("/load/arrival/shape", "nothing ever arrives");
        }
    }

    RateStretch stretch_of(const Json& stretch, const std::string& pointer) {
        const auto has_only = [&](std::initializer_list<std::string_view> names) {
            return stretch.size() == names.size() &&
                   std::ranges::all_of(names, [&](auto name) { return stretch.contains(name); });
        };
        if (has_only({"rate", "for"}) || has_only({"from", "to", "for"})) {
            const bool flat = stretch.contains("rate");
            return {.rate_begin = rate_of(stretch[flat ? "rate" : "from"]),
                    .rate_end = rate_of(stretch[flat ? "rate" : "to"]),
                    .nanoseconds = nanoseconds_of(stretch["for"])};
        }
        if (has_only({"mean", "amplitude", "period", "for"})) return sine_of(stretch, pointer);
        refuse_item(pointer, stretch,
                    "needs rate and for, or from, to and for, or mean, amplitude, period and for");
        return {};
    }

    RateStretch sine_of(const Json& stretch, const std::string& pointer) {
        const std::uint64_t mean = rate_of(stretch["mean"]);
        const std::uint64_t amplitude = rate_of(stretch["amplitude"]);
        if (amplitude > mean) {
            refuse_item(pointer + "/amplitude", stretch["amplitude"],
                        "must not be above mean: a rate below 0 does not exist");
        }
        return {.rate_begin = mean,
                .rate_end = mean,
                .nanoseconds = nanoseconds_of(stretch["for"]),
                .amplitude = amplitude,
                .period_nanoseconds = nanoseconds_of(stretch["period"])};
    }

    void refuse_item(const std::string& pointer, const Json& value, std::string rule) {
        problems_.push_back({.place = values_.document().place_of(pointer),
                             .pointer = pointer,
                             .value = short_text(value),
                             .rule = std::move(rule)});
    }

    WarmupSpec warmup() {
        WarmupSpec warmup{
            .until_steady = values_.text("/measure/warmup/until") == warmup_names.front(),
            .slope = values_.fraction("/measure/warmup/slope"),
            .deviation = values_.fraction("/measure/warmup/deviation"),
            .ramp_nanoseconds = values_.nanoseconds("/measure/warmup/ramp"),
            .window_nanoseconds = values_.nanoseconds("/measure/warmup/window"),
            .minimum_nanoseconds = values_.nanoseconds("/measure/warmup/min"),
            .maximum_nanoseconds = values_.nanoseconds("/measure/warmup/max")};
        if (!warmup.until_steady) {
            warmup.maximum_nanoseconds = warmup.minimum_nanoseconds;
            for (const std::string_view key : {"slope", "deviation", "window", "max"}) {
                refuse_if_said(fmt::format("/measure/warmup/{}", key),
                               "means nothing with until \"time\"");
            }
            return warmup;
        }
        check_steady(warmup);
        return warmup;
    }

    void check_steady(const WarmupSpec& warmup) {
        if (warmup.minimum_nanoseconds > warmup.maximum_nanoseconds) {
            refuse("/measure/warmup/min", "must not be above /measure/warmup/max");
        }
        if (warmup.window_nanoseconds > warmup.maximum_nanoseconds) {
            refuse("/measure/warmup/window", "must not be above /measure/warmup/max");
        }
        const std::uint64_t interval = values_.nanoseconds("/measure/interval");
        if (warmup.window_nanoseconds < window_intervals_min * interval) {
            refuse(
                "/measure/warmup/window",
                fmt::format("must be at least {} times /measure/interval", window_intervals_min));
        }
    }

    Effective values_;
    Problems& problems_;
};

}  // namespace

Cell build_cell(const CellDocument& cell, Problems& problems) {
    CellBuilder builder(cell.document, problems);
    return {.values = cell.values,
            .cluster = builder.cluster(),
            .traffic = builder.traffic(),
            .driver_command = builder.driver_command(),
            .rate_fractions = builder.rate_fractions(),
            .measure = builder.measure()};
}

}  // namespace elytractl::spec
