#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/run/exit_code.hpp"

namespace elytractl::campaign {

// What cut a campaign short besides its measurements.
struct Interruption {
    run::ExitCode code = run::ExitCode::unclassified;
    std::string text;  // a sentence
};

struct EndFacts {
    std::span<const Measured> measured;
    const statistics::Verdict& verdict;
    std::span<const report::CheckedThreshold> thresholds;
    const report::Comparison* comparison = nullptr;  // absent where nothing was compared
    const Interruption* interruption = nullptr;      // absent where nothing cut it short
};

// The one status that says most: what was cut short before what was measured, wrong answers before
// everything that only concerns speed.
run::ExitCode judge_end(const EndFacts& facts);

// What concerns the run as a whole: bounds that make it invalid, a comparison without a decision.
std::vector<statistics::Reason> run_reasons(std::span<const report::CheckedThreshold> thresholds,
                                            const report::Comparison* comparison,
                                            std::span<const Measured> measured);

}  // namespace elytractl::campaign
