#pragma once

#include <cstddef>
#include <span>

#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/report/result_parts.hpp"

namespace elytractl::campaign {

// Subject 1 against subject 0 from the blocks that are complete, metric by metric, each above the
// noise that subject 0 shows against itself. `significance` is what this look may spend.
report::Comparison compare_subjects(std::span<const Measured> measured,
                                    std::span<const report::Subject> subjects, double significance);

// Blocks of both subjects that are complete.
std::size_t complete_pairs(std::span<const Measured> measured);

}  // namespace elytractl::campaign
