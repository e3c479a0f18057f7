#include "orchestrator/report/machine_json.hpp"

#include <nlohmann/json.hpp>

#include "orchestrator/report/optional_json.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

json to_json(const run::ForeignLoad& load) {
    if (load.nanoseconds == 0) return nullptr;
    json processes = json::array();
    for (const run::ForeignProcess& process : load.processes) {
        processes.push_back({{"name", process.name}, {"pid", process.pid}, {"cpus", process.cpus}});
    }
    return {{"ns", load.nanoseconds}, {"processes", std::move(processes)}};
}

}  // namespace

json host_json(const run::MeasurementOutcome& outcome) {
    json rows = json::array();
    for (const run::HostSample& sample : outcome.host) {
        rows.push_back({static_cast<double>(sample.at_nanoseconds) / 1e6,
                        or_null(sample.pressure_cpu), or_null(sample.pressure_io),
                        or_null(sample.pressure_memory), sample.steal, sample.idle});
    }
    return {{"columns", {"at_ms", "psi_cpu", "psi_io", "psi_memory", "steal", "idle"}},
            {"rows", std::move(rows)}};
}

json system_json(const run::MeasurementOutcome& outcome) {
    return {{"before", elytra::bench::to_json(outcome.system_before)},
            {"after", elytra::bench::to_json(outcome.system_after)}};
}

json foreign_json(const run::MeasurementOutcome& outcome) {
    return {{"before", to_json(outcome.foreign_before)},
            {"during", to_json(outcome.foreign_during)},
            {"after", to_json(outcome.foreign_after)}};
}

}  // namespace elytractl::report
