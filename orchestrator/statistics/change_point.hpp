#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace elytractl::statistics {

struct ChangePoint {
    std::size_t position = 0;  // the first value of the changed part
    double before = 0;         // medians of the parts on both sides
    double after = 0;
    double p_value = 1;

    // The change as a share of the level before.
    double size() const { return before != 0 ? after / before - 1 : 0; }
};

struct ChangePointOptions {
    double significance = 0.01;
    double size_min = 0.02;    // smaller changes are found only to be ignored
    std::size_t part_min = 5;  // values on each side
    std::size_t block = 1;     // values that are shuffled as one, because they are related
    std::uint32_t permutations = 999;
    std::uint64_t seed = 1;
};

// What fits a series of intervals within one run, whose neighbours resemble one another.
ChangePointOptions series_options(std::size_t count);

// What fits a history of runs.
ChangePointOptions history_options();

// The most likely place where the level of a series changed, if shuffling the series rarely makes
// one look as large. Works on ranks, so that single spikes do not count. Deterministic.
std::optional<ChangePoint> find_change_point(std::span<const double> values,
                                             const ChangePointOptions& options);

// All of them in order: each part on both sides of a change is searched again.
std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                            const ChangePointOptions& options);

}  // namespace elytractl::statistics
