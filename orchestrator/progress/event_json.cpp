#include "orchestrator/progress/event_json.hpp"

#include <array>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

using nlohmann::json;

// In the order of the enumerators.
constexpr std::array<std::string_view, 4> traffic_phase_names{"setup", "warm-up", "measurement",
                                                              "drain"};
constexpr std::array<std::string_view, 5> completion_names{"complete", "member_failed", "timed_out",
                                                           "load_failed", "interrupted"};
constexpr std::array<std::string_view, 8> reason_names{"stopped",    "killed_by_us",  "exited",
                                                       "signalled",  "out_of_memory", "disk_full",
                                                       "port_taken", "never_ready"};

template <std::size_t Count, class Enumerator>
std::string_view name_in(const std::array<std::string_view, Count>& names, Enumerator value) {
    return names[static_cast<std::size_t>(value)];
}

double milliseconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) /
           static_cast<double>(elytra::nanoseconds_per_millisecond);
}

json optional_json(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

json fields_of(const run::MeasurementAnnounced& one) {
    return {{"event", "measurement_announced"},
            {"index", one.index},
            {"total", one.total},
            {"subject", one.subject},
            {"cell", one.cell},
            {"rate", optional_json(one.rate)},
            {"repeat", one.repeat},
            {"members", one.members},
            {"data_folder", one.data_folder},
            {"data_bytes", one.data_bytes},
            {"ephemeral", one.ephemeral}};
}

json fields_of(const run::PhaseEntered& one) {
    return {{"event", "phase"}, {"phase", to_text(one.phase)}};
}

json fields_of(const run::MemberStarted& one) {
    return {{"event", "member_started"},
            {"member", one.member},
            {"pid", one.pid},
            {"command", one.command}};
}

json fields_of(const run::MemberListening& one) {
    return {{"event", "member_listening"}, {"member", one.member}, {"address", one.address}};
}

json fields_of(const run::IntervalPassed& one) {
    return {{"event", "interval"},
            {"phase", name_in(traffic_phase_names, one.phase)},
            {"length_ms", milliseconds(one.nanoseconds)},
            {"offered", one.counts.offered},
            {"sent", one.counts.sent},
            {"answered", one.counts.answered},
            {"accepted", one.counts.accepted},
            {"late", one.counts.late},
            {"dropped", one.counts.dropped},
            {"p50_us", one.p50_microseconds},
            {"p99_us", one.p99_microseconds},
            {"max_us", one.max_microseconds}};
}

json fields_of(const run::MemberSampled& one) {
    const run::MemberSample& sample = one.sample;
    return {{"event", "member_sample"},
            {"member", one.member},
            {"cpu", one.cpu},
            {"rss", sample.rss_bytes},
            {"cpu_user_us", sample.cpu_user_microseconds},
            {"cpu_system_us", sample.cpu_system_microseconds},
            {"read_bytes", sample.read_bytes},
            {"written_bytes", sample.written_bytes},
            {"switches_voluntary", sample.switches_voluntary},
            {"switches_involuntary", sample.switches_involuntary},
            {"faults_minor", sample.faults_minor},
            {"faults_major", sample.faults_major},
            {"file_bytes", sample.file_bytes}};
}

json fields_of(const run::MarkSeen& one) {
    return {{"event", "mark"},
            {"kind", one.mark.kind},
            {"member", one.mark.member},
            {"traffic_ms", milliseconds(one.mark.at_nanoseconds)}};
}

json fields_of(const run::MemberEnded& one) {
    return {{"event", "member_ended"},
            {"member", one.member},
            {"reason", name_in(reason_names, one.reason)},
            {"text", one.text}};
}

json fields_of(const run::TroubleSeen& one) { return {{"event", "error"}, {"text", one.text}}; }

json fields_of(const run::InterruptSeen& one) {
    return {{"event", "interrupt"}, {"count", one.count}};
}

json fields_of(const run::MeasurementEnded& one) {
    return {{"event", "measurement_ended"},
            {"index", one.index},
            {"completion", name_in(completion_names, one.completion)},
            {"steady", one.steady}};
}

}  // namespace

json to_json(const run::Event& event) {
    json object = std::visit([](const auto& one) { return fields_of(one); }, event.what);
    object["at_ms"] = milliseconds(event.at_nanoseconds);
    return object;
}

}  // namespace elytractl::progress
