#include "bench/workload/key_distribution.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>
#include <utility>

#include "bench/workload/draws.hpp"
#include "bench/workload/fixed_point.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint64_t zipfian_exponent_percent = 99;
constexpr std::uint64_t groups_per_doubling = 64;

// How many ranks, counted from 1, share a group with `rank`, from it on.
std::uint64_t group_width(std::uint64_t rank) {
    return std::max<std::uint64_t>(std::bit_floor(rank) / groups_per_doubling, 1);
}

// How often a group of `width` ranks around `rank` is drawn, relative to others.
std::uint64_t group_weight(std::uint64_t rank, std::uint64_t width) {
    const std::uint64_t middle = rank + width / 2;
    const std::uint64_t doublings = log2_q32(middle);
    const std::uint64_t exponent = doublings / 100 * zipfian_exponent_percent +
                                   doublings % 100 * zipfian_exponent_percent / 100;
    // width * 2^-exponent, scaled by 2^42 and so split that no step loses the few bits of a far
    // rank.
    const std::uint64_t whole = exponent >> 32;
    const u128 scaled = static_cast<u128>(exp2_negative_q32(exponent & (q32_one - 1))) * width;
    return narrow<std::uint64_t>((scaled << 10) >> whole);
}

std::vector<std::uint32_t> shuffled(std::uint64_t count, std::uint64_t seed) {
    std::vector<std::uint32_t> keys(count);
    std::iota(keys.begin(), keys.end(), 0U);
    Prng prng(seed);
    for (std::uint64_t left = count; left > 1; --left) {
        std::swap(keys[left - 1], keys[prng.below(left)]);
    }
    return keys;
}

}  // namespace

ZipfianRanks::ZipfianRanks(std::uint64_t count) {
    ELYTRA_ASSERT(count > 0 && count < std::uint64_t{1} << 63);
    std::vector<std::uint64_t> weights;
    u128 total = 0;
    for (std::uint64_t rank = 1; rank <= count;) {
        const std::uint64_t width = std::min(group_width(rank), count - rank + 1);
        groups_.push_back({.begin = rank - 1, .width = width, .threshold = UINT64_MAX, .other = 0});
        weights.push_back(group_weight(rank, width));
        total += weights.back();
        rank += width;
    }
    fill_alias_table(weights, total);
}

// Walker's alias method as built by Vose: every group owns an equal share of the draws; one that
// needs less than its share passes the rest to one that needs more.
void ZipfianRanks::fill_alias_table(const std::vector<std::uint64_t>& weights, u128 total) {
    std::vector<u128> needs;  // in units in which a share is `total`
    std::vector<std::uint32_t> poor;
    std::vector<std::uint32_t> rich;
    for (std::uint32_t index = 0; index < weights.size(); ++index) {
        needs.push_back(static_cast<u128>(weights[index]) * weights.size());
        (needs.back() < total ? poor : rich).push_back(index);
    }
    while (!poor.empty() && !rich.empty()) {
        const std::uint32_t giver = poor.back();
        const std::uint32_t taker = rich.back();
        poor.pop_back();
        groups_[giver].threshold = narrow<std::uint64_t>((needs[giver] << 64) / total);
        groups_[giver].other = taker;
        needs[taker] -= total - needs[giver];
        if (needs[taker] >= total) continue;
        rich.pop_back();
        poor.push_back(taker);
    }
}

std::uint64_t ZipfianRanks::pick(const Draws& draws, std::uint64_t word) const {
    const u128 product = static_cast<u128>(draws[word]) * groups_.size();
    const std::uint64_t share = high_half(product);
    // Selected, not branched on: which way it goes is as random as the word.
    const std::uint64_t candidates[] = {groups_[share].other, share};
    const Group& group = groups_[candidates[low_half(product) <= groups_[share].threshold ? 1 : 0]];
    return group.begin + scale(draws[word + 1], group.width);
}

KeyDistribution::KeyDistribution(DistributionKind kind, std::uint64_t count, std::uint64_t seed)
    : kind_(kind), count_(count), ranks_(kind == DistributionKind::uniform ? 1 : count) {
    ELYTRA_ASSERT(count > 0 && count <= keys_max);
    if (kind == DistributionKind::zipfian) keys_by_popularity_ = shuffled(count, seed);
}

std::uint64_t KeyDistribution::pick(const Draws& draws, std::uint64_t word) const {
    switch (kind_) {
        case DistributionKind::uniform:
            return scale(draws[word], count_);
        case DistributionKind::zipfian:
            return keys_by_popularity_[ranks_.pick(draws, word)];
        case DistributionKind::latest:
            return count_ - 1 - ranks_.pick(draws, word);
    }
    ELYTRA_ASSERT(false);
    return 0;
}

}  // namespace elytra::bench
