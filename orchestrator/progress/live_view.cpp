#include "orchestrator/progress/live_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "orchestrator/progress/traffic_text.hpp"
#include "orchestrator/quantities/columns.hpp"
#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/quantities/spark_line.hpp"
#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

using quantities::begins_character;
using quantities::columns_of;
using quantities::quantity;
using quantities::spark_line;
using quantities::Unit;

constexpr std::size_t bar_width_max = 24;
constexpr std::size_t spark_width_max = 20;
constexpr std::size_t gap = 2;  // between two fields of a line

enum class Tone : std::uint8_t { plain, strong, warning };

// A piece of a line that is not broken.
struct Field {
    std::string text;
    Tone tone = Tone::plain;
};

std::string cut(const std::string& text, std::size_t columns) {
    std::size_t seen = 0;
    std::size_t size = 0;
    while (size < text.size()) {
        if (begins_character(text[size]) && ++seen > columns) break;
        ++size;
    }
    return text.substr(0, size);
}

std::string paint(const std::string& text, Tone tone, Colour colour) {
    if (colour == Colour::none || tone == Tone::plain) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", tone == Tone::strong ? "1" : "33", text);
}

// Puts as many fields on each line as fit.
void append_lines(const std::vector<Field>& fields, const ViewStyle& style,
                  std::vector<std::string>& lines) {
    std::string line;
    std::size_t used = 0;
    for (const Field& field : fields) {
        const std::string text = cut(field.text, style.width);
        const std::size_t columns = columns_of(text);
        if (columns == 0) continue;
        if (used != 0 && used + gap + columns > style.width) {
            lines.push_back(line);
            line.clear();
            used = 0;
        }
        if (used != 0) line += std::string(gap, ' ');
        line += paint(text, field.tone, style.colour);
        used += (used == 0 ? 0 : gap) + columns;
    }
    if (used != 0) lines.push_back(line);
}

std::string seconds_text(std::uint64_t nanoseconds) {
    const std::uint64_t seconds = nanoseconds / elytra::nanoseconds_per_second;
    if (seconds < 60) return fmt::format("{} s", seconds);
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
}

std::vector<Field> plan_fields(const ViewState& state, const ViewStyle& style) {
    const double fraction = state.fraction();
    std::vector<Field> fields{
        {progress_bar(fraction, std::clamp(style.width / 3, std::size_t{8}, bar_width_max))},
        {fmt::format("{:.0f} %", 100 * fraction)}};
    if (state.measurement.has_value()) {
        for (std::string& word : measurement_words(*state.measurement)) {
            fields.push_back({std::move(word)});
        }
    }
    const std::uint64_t elapsed = state.at_nanoseconds - state.phase_begin;
    fields.push_back(
        {fmt::format("{} {}", to_text(state.phase), seconds_text(elapsed)), Tone::strong});
    if (const auto left = state.left_nanoseconds()) {
        fields.push_back({fmt::format("about {} left", seconds_text(*left))});
    }
    return fields;
}

std::vector<Field> traffic_fields(const ViewState& state, const ViewStyle& style) {
    if (!state.recent.has_value()) return {};
    const run::RecentTraffic& recent = *state.recent;
    const auto troubled = [](std::uint64_t count) {
        return count == 0 ? Tone::plain : Tone::warning;
    };
    const std::size_t spark_width = std::min(spark_width_max, style.width / 3);
    const std::span<const double> rates =
        std::span(state.rates).last(std::min(state.rates.size(), spark_width));
    const double highest = rates.empty() ? 0 : std::max(std::ranges::max(rates), 1.0);
    return {
        {spark_line(rates, {0, highest}, style.glyphs)},
        {quantity(Unit::per_second, rate_of(recent.counts, recent.nanoseconds)), Tone::strong},
        {"p50 " + latency_text(recent.p50_microseconds)},
        {"p99 " + latency_text(recent.p99_microseconds)},
        {"max " + latency_text(recent.max_microseconds)},
        {"late " + share_text(recent.counts.late, recent.counts.offered),
         troubled(recent.counts.late)},
        {"dropped " + share_text(recent.counts.dropped, recent.counts.offered),
         troubled(recent.counts.dropped)},
    };
}

std::vector<Field> member_fields(const ViewState& state) {
    std::vector<Field> fields;
    for (const MemberView& member : state.members) {
        if (member.rss_bytes == 0) {
            fields.push_back({fmt::format("{} {}", member.name, member.address)});
            continue;
        }
        fields.push_back({fmt::format("{} {:.0f} % cpu {}", member.name, 100 * member.cpu,
                                      quantities::bytes_text(member.rss_bytes))});
    }
    if (state.interrupts > 0) {
        fields.push_back({"stopping; Ctrl-C again kills", Tone::warning});
    }
    return fields;
}

}  // namespace

std::string progress_bar(double fraction, std::size_t width) {
    const std::size_t inside = width < 2 ? 0 : width - 2;
    const auto filled =
        static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(inside));
    return fmt::format("[{}{}]", std::string(filled, '#'), std::string(inside - filled, ' '));
}

std::vector<std::string> live_view(const ViewState& state, const ViewStyle& style) {
    std::vector<std::string> lines;
    append_lines(plan_fields(state, style), style, lines);
    append_lines(traffic_fields(state, style), style, lines);
    append_lines(member_fields(state), style, lines);
    return lines;
}

}  // namespace elytractl::progress
