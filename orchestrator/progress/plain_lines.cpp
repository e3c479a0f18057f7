#include "orchestrator/progress/plain_lines.hpp"

#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "orchestrator/progress/traffic_text.hpp"
#include "orchestrator/quantities/quantity.hpp"
#include "server/common/assert.hpp"

namespace elytractl::progress {
namespace {

using quantities::quantity;
using quantities::Unit;

std::string stamped(std::uint64_t at_nanoseconds, std::string_view text) {
    const double seconds =
        static_cast<double>(at_nanoseconds) / static_cast<double>(elytra::nanoseconds_per_second);
    return fmt::format("{:8.1f} s  {}", seconds, text);
}

std::string traffic_line(const ViewState& state) {
    const run::RecentTraffic& recent = *state.recent;
    std::string text =
        fmt::format("{}  p50 {}  p99 {}  max {}  late {}  dropped {}",
                    quantity(Unit::per_second, rate_of(recent.counts, recent.nanoseconds)),
                    latency_text(recent.p50_microseconds), latency_text(recent.p99_microseconds),
                    latency_text(recent.max_microseconds),
                    share_text(recent.counts.late, recent.counts.offered),
                    share_text(recent.counts.dropped, recent.counts.offered));
    for (const MemberView& member : state.members) {
        text += fmt::format("  {} {:.0f} % cpu {}", member.name, 100 * member.cpu,
                            quantities::bytes_text(member.rss_bytes));
    }
    return text;
}

std::string announcement(const run::MeasurementAnnounced& one) {
    const std::string_view fate =
        one.ephemeral ? "EPHEMERAL: removed at the end; --keep keeps them" : "kept";
    return fmt::format("{}: {} data file{} in {}, room for {} ({})",
                       fmt::join(measurement_words(one), ", "), one.members,
                       one.members == 1 ? "" : "s", one.data_folder,
                       quantities::bytes_text(one.data_bytes), fate);
}

std::string_view text_of(run::Completion completion) {
    switch (completion) {
        case run::Completion::complete:
            return "complete";
        case run::Completion::member_failed:
            return "a member failed";
        case run::Completion::timed_out:
            return "timed out";
        case run::Completion::load_failed:
            return "the load failed";
        case run::Completion::interrupted:
            return "interrupted";
    }
    ELYTRA_ASSERT(false);
}

std::string end_line(const run::MeasurementEnded& one) {
    return fmt::format("run {} ended: {}{}", one.index + 1, text_of(one.completion),
                       one.steady ? ", steady" : "");
}

}  // namespace

std::string lasting_line(const run::Event& event) {
    if (const auto* one = std::get_if<run::MeasurementAnnounced>(&event.what)) {
        return stamped(event.at_nanoseconds, announcement(*one));
    }
    if (const auto* one = std::get_if<run::TroubleSeen>(&event.what)) {
        return stamped(event.at_nanoseconds, "error: " + one->text);
    }
    if (const auto* one = std::get_if<run::MeasurementEnded>(&event.what)) {
        return stamped(event.at_nanoseconds, end_line(*one));
    }
    if (const auto* one = std::get_if<run::InterruptSeen>(&event.what)) {
        return stamped(event.at_nanoseconds, one->count == 1
                                                 ? "interrupted: stopping; once more kills"
                                                 : "interrupted again: killing");
    }
    return {};
}

std::vector<std::string> PlainLines::lines(const run::Event& event, const ViewState& state) {
    if (std::string lasting = lasting_line(event); !lasting.empty()) return {lasting};
    if (const auto* one = std::get_if<run::PhaseEntered>(&event.what)) {
        last_traffic_ = event.at_nanoseconds;
        return {stamped(event.at_nanoseconds, to_text(one->phase))};
    }
    const bool traffic = std::holds_alternative<run::IntervalPassed>(event.what);
    if (!traffic || event.at_nanoseconds - last_traffic_ < line_interval_nanoseconds) return {};
    last_traffic_ = event.at_nanoseconds;
    return {stamped(event.at_nanoseconds, traffic_line(state))};
}

}  // namespace elytractl::progress
