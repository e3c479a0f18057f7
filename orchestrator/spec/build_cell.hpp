#pragma once

#include "orchestrator/spec/bench_spec.hpp"
#include "orchestrator/spec/matrix.hpp"
#include "orchestrator/spec/problem.hpp"

namespace elytractl::spec {

// What the values of one cell mean, all defaults filled in; what does not go together is added to
// `problems`. Requires: check() found nothing in the document of the cell.
Cell build_cell(const CellDocument& cell, Problems& problems);

}  // namespace elytractl::spec
