#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/workload/draws.hpp"
#include "server/common/int.hpp"

namespace elytra::bench {

enum class DistributionKind : std::uint8_t {
    uniform,
    zipfian,  // the r-th most popular key is drawn r^-0.99 as often as the first; scattered over
              // all keys
    latest,   // zipfian, the newest (highest) key being the most popular
};

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 3> distribution_names{"uniform", "zipfian", "latest"};

constexpr std::string_view to_text(DistributionKind kind) {
    return distribution_names[static_cast<std::size_t>(kind)];
}

inline constexpr std::uint64_t keys_max = UINT32_MAX;

// Zipf's law over ranks [0, count) in constant time and memory. Ranks are grouped: each of the
// first 128 stands alone, after that a group spans less than 1/64 of its first rank and is taken as
// even. Groups are drawn through an alias table.
class ZipfianRanks {
public:
    explicit ZipfianRanks(std::uint64_t count);

    // Takes two words: one for the group, one for the rank within it.
    std::uint64_t pick(const Draws& draws, std::uint64_t word) const;

private:
    struct Group {
        std::uint64_t begin = 0;  // first rank, from 0
        std::uint64_t width = 0;
        std::uint64_t threshold = 0;  // out of 2^64: the chance to stay, not to go to `other`
        std::uint32_t other = 0;
    };

    void fill_alias_table(const std::vector<std::uint64_t>& weights, u128 total);

    std::vector<Group> groups_;
};

// Which keys of [0, count) a workload touches how often.
class KeyDistribution {
public:
    static constexpr std::uint64_t words = 2;  // that one pick may take

    // Requires: 0 < count <= keys_max.
    KeyDistribution(DistributionKind kind, std::uint64_t count, std::uint64_t seed);

    std::uint64_t pick(const Draws& draws, std::uint64_t word) const;

private:
    DistributionKind kind_;
    std::uint64_t count_;
    ZipfianRanks ranks_;
    std::vector<std::uint32_t> keys_by_popularity_;  // of zipfian
};

}  // namespace elytra::bench
