#include "orchestrator/progress/view_state.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "orchestrator/progress/traffic_text.hpp"
#include "orchestrator/quantities/quantity.hpp"

namespace elytractl::progress {
namespace {

using quantities::quantity;
using quantities::Unit;

// Of a measurement, what format, start and stop are counted as.
constexpr double load_begin = 0.05;
constexpr double load_end = 0.95;

double part_of(std::uint64_t elapsed, std::uint64_t expected) {
    if (expected == 0) return 1;
    return std::min(static_cast<double>(elapsed) / static_cast<double>(expected), 1.0);
}

}  // namespace

void ViewState::apply(const run::Event& event) {
    at_nanoseconds = event.at_nanoseconds;
    std::visit([this](const auto& one) { take(one); }, event.what);
}

void ViewState::take(const run::MeasurementAnnounced& one) {
    measurement = one;
    measurement_begin = at_nanoseconds;
    phase = run::Phase::idle;
    phase_begin = at_nanoseconds;
    recent.reset();
    rates.clear();
    members.clear();
}

void ViewState::take(const run::PhaseEntered& one) {
    phase = one.phase;
    phase_begin = at_nanoseconds;
}

void ViewState::take(const run::MemberStarted& one) { member(one.member); }

void ViewState::take(const run::MemberListening& one) { member(one.member).address = one.address; }

void ViewState::take(const run::IntervalPassed& one) {
    recent = one.recent;
    if (rates.size() == rates_max) rates.erase(rates.begin());
    rates.push_back(rate_of(one.counts, one.nanoseconds));
}

void ViewState::take(const run::MemberSampled& one) {
    MemberView& view = member(one.member);
    view.cpu = one.cpu;
    view.rss_bytes = one.sample.rss_bytes;
}

void ViewState::take(const run::InterruptSeen& one) { interrupts = one.count; }

void ViewState::take(const run::MeasurementEnded&) {
    ++finished;
    finished_nanoseconds += at_nanoseconds - measurement_begin;
    measurement.reset();
}

MemberView& ViewState::member(const std::string& name) {
    const auto found = std::ranges::find(members, name, &MemberView::name);
    if (found != members.end()) return *found;
    members.push_back({.name = name, .address = {}});
    return members.back();
}

double ViewState::fraction_of_measurement() const {
    if (phase < run::Phase::warm_up) return 0;
    if (phase > run::Phase::measurement) return load_end;
    const std::uint64_t warm_up = measurement->warm_up_nanoseconds;
    const std::uint64_t expected = warm_up + measurement->measurement_nanoseconds;
    const double share = part_of(warm_up, expected);  // of the load, what the warm-up is
    const std::uint64_t elapsed = at_nanoseconds - phase_begin;
    const double load = phase == run::Phase::warm_up
                            ? share * part_of(elapsed, warm_up)
                            : share + (1 - share) * part_of(elapsed, expected - warm_up);
    return load_begin + (load_end - load_begin) * load;
}

double ViewState::fraction() const {
    if (!measurement.has_value()) return finished == 0 ? 0 : 1;
    const double done = measurement->index + fraction_of_measurement();
    return std::min(done / std::max(measurement->total, 1U), 1.0);
}

std::optional<std::uint64_t> ViewState::left_nanoseconds() const {
    if (!measurement.has_value() || finished == 0) return std::nullopt;
    const std::uint64_t each = finished_nanoseconds / finished;
    const std::uint64_t elapsed = at_nanoseconds - measurement_begin;
    const std::uint64_t rest =
        measurement->total - std::min(measurement->index, measurement->total);
    return rest * each - std::min(elapsed, rest * each);
}

std::vector<std::string> measurement_words(const run::MeasurementAnnounced& measurement) {
    std::vector<std::string> words{
        fmt::format("run {}/{}", measurement.index + 1, measurement.total)};
    if (!measurement.subject.empty()) words.push_back(measurement.subject);
    for (const auto& [pointer, value] : measurement.cell) {
        words.push_back(fmt::format("{} {}", pointer.substr(pointer.rfind('/') + 1), value));
    }
    if (measurement.rate.has_value())
        words.push_back(quantity(Unit::per_second, *measurement.rate) + " offered");
    return words;
}

}  // namespace elytractl::progress
