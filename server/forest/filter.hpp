#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/int.hpp"

namespace elytra::forest {

// Mixes an id or another value of 128 bits; the same on every replica and in every release.
std::uint64_t hash_of(u128 value);

// A key of an index for values that are too wide to be one: 40 bits, so equal keys have to be
// verified on the row.
inline std::uint64_t key_of(std::uint64_t hash) { return hash >> 24; }

// A blocked Bloom filter (Putze, Sanders, Singler 2007): all bits of an entry lie in one cache
// line. 16 bits an entry, at most one wrong "maybe" in 500.
class Filter {
public:
    Filter() = default;

    // Empty, for so many entries.
    explicit Filter(std::uint64_t entries);

    void insert(std::uint64_t hash);

    // False: never inserted. An empty default filter holds nothing.
    bool may_contain(std::uint64_t hash) const;

    void prefetch(std::uint64_t hash) const;

    // As it is stored: whole cache lines. Two filters for the same number of entries with the same
    // entries have the same bytes.
    std::span<const std::byte> bytes() const;

    // How many bytes a filter for so many entries has.
    static std::uint64_t size_of(std::uint64_t entries);

    // From stored bytes. Requires: size_of(n) bytes of a filter for some n.
    static Filter from_bytes(std::span<const std::byte> bytes);

private:
    // An entry sets one bit in each word.
    struct alignas(64) Line {
        std::array<std::uint64_t, 8> words{};
    };

    std::uint64_t line_of(std::uint64_t hash) const;

    std::vector<Line> lines_;
};

}  // namespace elytra::forest
