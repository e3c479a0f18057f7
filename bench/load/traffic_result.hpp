#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/latency_histogram.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

enum class TrafficPhase : std::uint8_t { setup, warm_up, measurement, drain };

inline constexpr std::size_t traffic_phase_count = 4;

// Numbers of events (transfers, and queries as one each) of one phase or interval. In an interval
// everything counts where it happens. In a phase, what follows from the schedule (offered, sent,
// late, dropped) counts where the event was intended, so that what the schedule asked for can be
// accounted for, and answers count where they arrive, so that they make a rate.
struct TrafficCounts {
    std::uint64_t offered = 0;  // intended by the schedule; closed: sent
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t accepted = 0;  // created, or a query answered
    std::uint64_t late = 0;      // sent, but later than TrafficOptions::late_nanoseconds
    std::uint64_t dropped = 0;   // never sent: the backlog was full, or the drain time was over
    std::uint64_t requests = 0;  // batches and queries that were answered

    void add(const TrafficCounts& other);

    bool operator==(const TrafficCounts&) const = default;
};

// Latencies as spec/orchestrator 4.2 splits them. Batches are requests with transfers; a query is a
// request of its own, measured apart. Of a batch, response = fill + queue + service. In a closed
// loop an event is intended when its client is ready to send, so that fill and queue are 0.
struct TrafficLatency {
    LatencyHistogram event;    // of events, from the intended time to the answer
    LatencyHistogram batch;    // of batches, from the intended time of the first event
    LatencyHistogram fill;     // of batches: first intended time to full, or to the linger's end
    LatencyHistogram queue;    // of batches: from there to the send
    LatencyHistogram service;  // of batches: send to the answer
    LatencyHistogram query;    // of queries, from the intended time
    LatencyHistogram lag;      // of requests: latest intended time in it to the send

    void merge(const TrafficLatency& other);
};

// The transfers among what was accepted in a phase, within what was on its way at its ends.
std::uint64_t transfers_accepted(const TrafficCounts& counts, const TrafficLatency& latency);

// One point of the time series, all threads together.
struct TrafficInterval {
    TrafficPhase phase = TrafficPhase::warm_up;
    std::uint64_t start_nanoseconds = 0;  // since the start of the traffic
    std::uint64_t nanoseconds = 0;
    TrafficCounts counts;
    LatencyHistogram batch;  // as TrafficLatency::batch
};

// A generator thread from the start of the measurement to its end.
struct GeneratorThread {
    std::uint64_t cpu_nanoseconds = 0;  // user and system
    std::uint64_t nanoseconds = 0;
    std::uint64_t audit_nanoseconds = 0;  // of the CPU time, what the audit took
};

struct AuditReport {
    bool enabled = false;
    std::uint64_t events_checked = 0;
    std::uint64_t accounts_checked = 0;  // read back at the end
    std::vector<std::string> findings;   // as Findings::sentences(); empty: all was right
};

// Of a traffic, or of one of the steps that it was asked to go on with. What is said of the drain
// and of the audit is in the result of the last step.
struct TrafficResult {
    WallTime started;
    std::uint64_t setup_nanoseconds = 0;
    std::uint64_t warm_up_nanoseconds = 0;
    std::uint64_t measurement_nanoseconds = 0;
    std::uint64_t drain_nanoseconds = 0;
    TrafficCounts warm_up;
    TrafficCounts measurement;
    // Of the events whose intended time lies in the phase. What was not answered in the drain time,
    // or by the end of a step that another follows, counts in event and batch with the time it had
    // waited by then, and not again in the next step, where it is sent and answered. So does what
    // was dropped: at a full backlog it counts with what the oldest event there had waited, and as
    // many events as a batch can have are one batch.
    TrafficLatency warm_up_latency;
    TrafficLatency latency;
    std::vector<TrafficInterval> intervals;
    std::vector<GeneratorThread> threads;
    AuditReport audit;
    // Events that were waiting or in flight when the step began, and when another took over.
    std::uint64_t carried_in = 0;
    std::uint64_t carried_out = 0;
    bool followed = false;            // by another step, without a drain
    std::vector<std::string> errors;  // why the load could not run as asked; empty where it did

    bool passed() const { return errors.empty() && audit.findings.empty(); }
};

}  // namespace elytra::bench
