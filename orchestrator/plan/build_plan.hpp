#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/plan/plan.hpp"
#include "orchestrator/spec/bench_spec.hpp"
#include "server/common/result.hpp"

namespace elytractl::plan {

// Every cell as often as it says, in rounds: what drifts in the meantime then meets all cells. A
// cell with rate "auto" begins with a probe.
Plan build_bench_plan(const spec::BenchSpec& spec);

inline constexpr std::uint32_t pairs_max = 1000;

struct CompareOptions {
    std::uint32_t pairs = 10;  // blocks of a and b, 1 to pairs_max
    std::uint64_t seed = 42;   // of the order
};

// Blocks (a, b) or (b, a), of each two one of either kind in random order, so that any even number
// of pairs is balanced. After each two a block (a, a) tells how much two measurements of the same
// differ. Refuses specs with several cells or rates that have to be found first.
elytra::Result<Plan, std::string> build_compare_plan(const spec::BenchSpec& a,
                                                     const spec::BenchSpec& b,
                                                     const CompareOptions& options);

struct SweepOptions {
    std::vector<double> fractions{0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1};  // ascending
    double recovery = 0.7;  // offered after an overload; one of the fractions
};

// Of every cell a closed-loop probe, then one cluster that is offered the fractions of what the
// probe accepted, up and down again without a pause; the highest once. At last the highest again,
// and the one that shows whether the cluster recovers.
Plan build_sweep_plan(const spec::BenchSpec& spec, const SweepOptions& options);

}  // namespace elytractl::plan
