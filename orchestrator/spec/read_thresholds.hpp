#pragma once

#include <span>
#include <vector>

#include "orchestrator/spec/bench_spec.hpp"
#include "orchestrator/spec/document.hpp"
#include "orchestrator/spec/problem.hpp"

namespace elytractl::spec {

// The list of thresholds; what is missing in them or does not go together is added to `problems`.
// `cells` are those of the same document. Requires: check() found nothing in it.
std::vector<Threshold> read_thresholds(const Document& document, std::span<const Cell> cells,
                                       Problems& problems);

}  // namespace elytractl::spec
