#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/records/run_index.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/spec/bench_spec.hpp"
#include "server/common/result.hpp"

// Thresholds against the past: the metric of this run beside that of earlier ones.
namespace elytractl::campaign {

// A measurement of an earlier run.
struct PastMeasurement {
    std::string run;
    // What must be the same so that numbers can be compared: subject, load, values of the matrix,
    // fraction of the maximum and direction of a sweep.
    nlohmann::json series;
    std::map<std::string, double> metrics;
};

// By the text of Regression::against.
using Past = std::map<std::string, std::vector<PastMeasurement>>;

// What the thresholds ask for, of complete runs of the same kind; of a tag the youngest twenty. A
// tag without runs is no error: somebody has to be the first. The error is a sentence.
elytra::Result<Past, std::string> read_past(records::RunIndex& index,
                                            std::span<const spec::Threshold> thresholds,
                                            report::RunKind kind, const std::string& name);

// Holds every regression against each series of the run, which `plan` (as plans are printed) tells
// apart. Better or worse is a matter of medians: of the repeats here; there of the medians of the
// runs, or of the repeats where it is only one run. Noise is two robust standard deviations (2.97
// median deviations) as a part of the median, the larger of both sides; below three values on
// either side it is not known.
std::vector<report::CheckedThreshold> check_regressions(std::span<const spec::Threshold> thresholds,
                                                        std::span<const Measured> measured,
                                                        const nlohmann::json& plan,
                                                        const Past& past);

}  // namespace elytractl::campaign
