#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/run/event.hpp"

namespace elytractl::progress {

inline constexpr std::size_t rates_max = 60;  // of a spark line

struct MemberView {
    std::string name;
    std::string address;
    double cpu = 0;  // processors in use
    std::uint64_t rss_bytes = 0;
};

// What the events of a run add up to for someone who watches.
struct ViewState {
    std::uint64_t at_nanoseconds = 0;  // of the last event
    std::optional<run::MeasurementAnnounced> measurement;
    std::uint64_t measurement_begin = 0;
    run::Phase phase = run::Phase::idle;
    std::uint64_t phase_begin = 0;
    std::optional<run::RecentTraffic> recent;
    std::vector<double> rates;  // accepted events a second of the last intervals, the oldest first
    std::vector<MemberView> members;
    std::uint32_t interrupts = 0;
    std::uint32_t finished = 0;              // measurements
    std::uint64_t finished_nanoseconds = 0;  // that they took together

    void apply(const run::Event& event);

    // Of the whole plan, 0 to 1.
    double fraction() const;

    // How long the rest of the plan may take; absent before the first measurement has ended.
    std::optional<std::uint64_t> left_nanoseconds() const;

private:
    void take(const run::MeasurementAnnounced& one);
    void take(const run::PhaseEntered& one);
    void take(const run::MemberStarted& one);
    void take(const run::MemberListening& one);
    void take(const run::IntervalPassed& one);
    void take(const run::MemberSampled& one);

    void take(const run::MarkSeen&) {}

    void take(const run::MemberEnded&) {}

    void take(const run::TroubleSeen&) {}

    void take(const run::InterruptSeen& one);
    void take(const run::MeasurementEnded& one);

    MemberView& member(const std::string& name);
    double fraction_of_measurement() const;
};

// "run 3/5", "b", "clients 4", "92.0 k/s": what tells this measurement from the others.
std::vector<std::string> measurement_words(const run::MeasurementAnnounced& measurement);

}  // namespace elytractl::progress
