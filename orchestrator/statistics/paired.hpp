#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/statistics/interval.hpp"
#include "orchestrator/statistics/metric.hpp"

namespace elytractl::statistics {

// One metric of the two measurements of a block. Requires: both above 0.
struct Pair {
    double a = 0;
    double b = 0;
};

enum class Difference : std::uint8_t { better, worse, none, undecided };

// "better", "worse", "no difference", "undecided".
std::string_view difference_name(Difference difference);

struct CompareOptions {
    std::string_view metric;  // for the sentence
    Better better = Better::higher;
    double significance = 0.05;
    double difference_min = 0.02;  // a smaller one need not be told from none
    double noise_floor = 0;        // as noise_floor() gives it
};

struct Comparison {
    std::size_t pairs = 0;
    double ratio = 1;  // of b to a, Hodges-Lehmann
    std::optional<Interval> interval;
    double p_value = 1;
    Difference difference = Difference::undecided;
    double bound = 0;              // of Difference::none: it is not larger than this share
    std::size_t pairs_needed = 0;  // undecided: about so many more
    std::string verdict;           // "better", "no difference larger than 1.3 %"
    std::string sentence;
};

// What identical subjects differ by on this machine, as a share: the far end of the interval of
// pairs of A with itself, or their largest difference where they are too few for one. 0 without
// pairs.
double noise_floor(std::span<const Pair> pairs);

// B against A, from the logarithms of the ratios within the pairs. They differ when the signed-rank
// test says so and the difference lies above the noise floor. They do not when the whole interval
// lies within the noise floor or `difference_min`.
Comparison compare(std::span<const Pair> pairs, const CompareOptions& options);

// When a comparison that goes on until it is decided may be judged, and with which significance.
struct Look {
    std::size_t pairs = 0;
    double significance = 0;
};

// Looks for a comparison of at most `pairs_max` pairs. The significances sum up to the whole, in
// proportion to the pairs between the looks, so that false alarms over all looks stay below it
// whatever the data looks like. Every number of pairs is even. Requires: pairs_max at least 6.
std::vector<Look> plan_looks(std::size_t pairs_max, double significance = 0.05);

}  // namespace elytractl::statistics
