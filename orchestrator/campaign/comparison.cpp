#include "orchestrator/campaign/comparison.hpp"

#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace elytractl::campaign {
namespace {

using statistics::Pair;

// What a comparison tells, the most important first.
constexpr std::array<std::string_view, 8> compared_metrics{
    "throughput",  "batch.p50", "batch.p99",      "event.p99",
    "service.p99", "query.p99", "member.rss_max", "cost.cpu_us_per_event"};

using Block = std::vector<const Measured*>;

// In their order; measurements of a block in the order in which they were made.
std::map<std::uint32_t, Block> complete_blocks(std::span<const Measured> measured,
                                               plan::Role role) {
    std::map<std::uint32_t, Block> blocks;
    for (const Measured& one : measured) {
        if (one.role != role || !one.block.has_value()) continue;
        if (one.completion == run::Completion::complete) blocks[*one.block].push_back(&one);
    }
    std::erase_if(blocks, [](const auto& entry) { return entry.second.size() != 2; });
    return blocks;
}

// Of one metric, where both have it. The pairs of one subject keep the order of time.
std::vector<Pair> pairs_of(const std::map<std::uint32_t, Block>& blocks, std::string_view metric) {
    std::vector<Pair> pairs;
    for (const auto& [number, block] : blocks) {
        const bool swapped = block[0]->subject > block[1]->subject;
        const auto a = block[swapped ? 1 : 0]->metric(metric);
        const auto b = block[swapped ? 0 : 1]->metric(metric);
        if (a.has_value() && b.has_value() && *a > 0 && *b > 0) pairs.push_back({*a, *b});
    }
    return pairs;
}

}  // namespace

std::size_t complete_pairs(std::span<const Measured> measured) {
    return complete_blocks(measured, plan::Role::measurement).size();
}

report::Comparison compare_subjects(std::span<const Measured> measured,
                                    std::span<const report::Subject> subjects,
                                    double significance) {
    const auto blocks = complete_blocks(measured, plan::Role::measurement);
    const auto noise_blocks = complete_blocks(measured, plan::Role::noise);
    report::Comparison comparison;
    comparison.pairs = static_cast<std::uint32_t>(blocks.size());
    for (const auto& [number, block] : blocks) {
        comparison.blocks.push_back(
            {subjects[block[0]->subject].name, subjects[block[1]->subject].name});
    }
    for (const std::string_view metric : compared_metrics) {
        const std::vector<Pair> pairs = pairs_of(blocks, metric);
        if (pairs.empty()) continue;
        const std::vector<Pair> noise = pairs_of(noise_blocks, metric);
        const double floor = statistics::noise_floor(noise);
        if (metric == compared_metrics.front() && !noise.empty()) comparison.noise_floor = floor;
        comparison.metrics.emplace(
            metric, statistics::compare(pairs, {.metric = metric,
                                                .better = statistics::better_of(metric),
                                                .significance = significance,
                                                .noise_floor = floor}));
    }
    return comparison;
}

}  // namespace elytractl::campaign
