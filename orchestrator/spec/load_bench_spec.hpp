#pragma once

#include <vector>

#include "orchestrator/spec/bench_spec.hpp"
#include "orchestrator/spec/layers.hpp"
#include "orchestrator/spec/problem.hpp"
#include "server/common/result.hpp"

namespace elytractl::spec {

// What a document means; everything that does not go together otherwise. Requires: check() found
// nothing in it.
elytra::Result<BenchSpec, Problems> build_bench_spec(const Document& document);

// From files, variables and flags to what shall run, or everything that is wrong with them.
elytra::Result<BenchSpec, Problems> load_bench_spec(const Layers& layers);

}  // namespace elytractl::spec
