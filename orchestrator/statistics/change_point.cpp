#include "orchestrator/statistics/change_point.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "orchestrator/statistics/descriptive.hpp"
#include "orchestrator/statistics/ranks.hpp"
#include "server/common/prng.hpp"

namespace elytractl::statistics {
namespace {

constexpr std::size_t block_max = 12;

struct Candidate {
    std::size_t position = 0;
    double weight = 0;
};

// The split with the largest sum of ranks to one side, in units of its standard deviation.
Candidate strongest(std::span<const double> ranks, std::size_t part_min) {
    const double count = static_cast<double>(ranks.size());
    const double centre = mean(ranks);
    Candidate best;
    double sum = 0;
    for (std::size_t position = 1; position + part_min <= ranks.size(); ++position) {
        sum += ranks[position - 1] - centre;
        if (position < part_min) continue;
        const double left = static_cast<double>(position);
        const double weight = std::abs(sum) / std::sqrt(left * (count - left) / count);
        if (weight > best.weight) best = {position, weight};
    }
    return best;
}

// Blocks change places, and the values in them stay neighbours.
std::vector<double> shuffled(std::span<const double> values, std::size_t block,
                             elytra::Prng& prng) {
    // Where the blocks begin is drawn too, so that the last one is not always the short one.
    const std::size_t turn = prng.below(values.size());
    std::vector<std::size_t> blocks((values.size() + block - 1) / block);
    std::iota(blocks.begin(), blocks.end(), std::size_t{0});
    for (std::size_t left = blocks.size(); left > 1; --left) {
        std::swap(blocks[left - 1], blocks[prng.below(left)]);
    }
    std::vector<double> drawn;
    drawn.reserve(values.size());
    for (const std::size_t index : blocks) {
        const std::size_t end = std::min((index + 1) * block, values.size());
        for (std::size_t at = index * block; at < end; ++at) {
            drawn.push_back(values[(at + turn) % values.size()]);
        }
    }
    return drawn;
}

double median_of(std::span<const double> values) {
    return median(std::vector<double>(values.begin(), values.end()));
}

void search(std::span<const double> values, std::size_t offset, const ChangePointOptions& options,
            std::vector<ChangePoint>& found) {
    const std::optional<ChangePoint> one = find_change_point(values, options);
    if (!one.has_value()) return;
    search(values.first(one->position), offset, options, found);
    found.push_back(*one);
    found.back().position += offset;
    search(values.subspan(one->position), offset + one->position, options, found);
}

}  // namespace

ChangePointOptions series_options(std::size_t count) {
    ChangePointOptions options;
    options.size_min = 0.05;
    options.part_min = std::max<std::size_t>(5, count / 10);
    options.block = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::cbrt(static_cast<double>(count))), 1, block_max);
    return options;
}

ChangePointOptions history_options() {
    ChangePointOptions options;
    options.part_min = 3;
    options.size_min = 0.01;
    return options;
}

std::optional<ChangePoint> find_change_point(std::span<const double> values,
                                             const ChangePointOptions& options) {
    if (values.size() < 2 * options.part_min) return std::nullopt;
    const std::vector<std::uint32_t> doubled = doubled_ranks(values);
    const std::vector<double> ranks(doubled.begin(), doubled.end());
    const Candidate candidate = strongest(ranks, options.part_min);
    if (candidate.weight == 0) return std::nullopt;

    ChangePoint found{.position = candidate.position};
    found.before = median_of(values.first(found.position));
    found.after = median_of(values.subspan(found.position));
    if (std::abs(found.after - found.before) < options.size_min * std::abs(found.before)) {
        return std::nullopt;
    }
    elytra::Prng prng(options.seed);
    std::uint32_t as_large = 1;  // the series itself is one of its orders
    for (std::uint32_t draw = 0; draw < options.permutations; ++draw) {
        const std::vector<double> other = shuffled(ranks, options.block, prng);
        if (strongest(other, options.part_min).weight >= candidate.weight) ++as_large;
    }
    found.p_value = static_cast<double>(as_large) / (1.0 + options.permutations);
    if (found.p_value > options.significance) return std::nullopt;
    return found;
}

std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                            const ChangePointOptions& options) {
    std::vector<ChangePoint> found;
    search(values, 0, options, found);
    return found;
}

}  // namespace elytractl::statistics
