#include "orchestrator/progress/live_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "orchestrator/progress/quantities.hpp"
#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

constexpr std::size_t bar_width_max = 24;
constexpr std::size_t spark_width_max = 20;
constexpr std::size_t gap = 2;  // between two fields of a line

constexpr std::array<std::string_view, 8> unicode_bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> ascii_bars{"_", ".", ",", "-", "=", "+", "*", "#"};

enum class Tone : std::uint8_t { plain, strong, warning };

// A piece of a line that is not broken.
struct Field {
    std::string text;
    Tone tone = Tone::plain;
};

// Bytes that continue a character of UTF-8 take no column.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

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
    return {
        {spark_line(state.rates, spark_width, style.glyphs)},
        {count_text(rate_of(recent.counts, recent.nanoseconds)) + "/s", Tone::strong},
        {"p50 " + duration_text(recent.p50_microseconds)},
        {"p99 " + duration_text(recent.p99_microseconds)},
        {"max " + duration_text(recent.max_microseconds)},
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
                                      size_text(member.rss_bytes))});
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

std::string spark_line(std::span<const double> values, std::size_t width, Glyphs glyphs) {
    const auto& bars = glyphs == Glyphs::unicode ? unicode_bars : ascii_bars;
    values = values.last(std::min(values.size(), width));
    const double largest = values.empty() ? 0 : std::ranges::max(values);
    std::string text;
    for (const double value : values) {
        const double share = largest <= 0 ? 0 : std::max(value, 0.0) / largest;
        text += bars[static_cast<std::size_t>(
            std::lround(share * static_cast<double>(bars.size() - 1)))];
    }
    return text;
}

std::vector<std::string> live_view(const ViewState& state, const ViewStyle& style) {
    std::vector<std::string> lines;
    append_lines(plan_fields(state, style), style, lines);
    append_lines(traffic_fields(state, style), style, lines);
    append_lines(member_fields(state), style, lines);
    return lines;
}

}  // namespace elytractl::progress
