#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace elytra::storage {

// A range of the data file.
struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    constexpr std::uint64_t end() const { return offset + size; }

    constexpr auto operator<=>(const Extent&) const = default;
};

// Which bytes of the page store are free: the holes between used extents, and everything from end()
// to the limit. Sizes and offsets are whole sectors. Holes never touch each other nor the end, so
// the last used byte is always right before end().
class FreeExtents {
public:
    // Everything in [begin, limit) is free.
    FreeExtents(std::uint64_t begin, std::uint64_t limit);

    // Starts again with exactly `used` taken. False, and nothing changes, if two of them overlap or
    // one is empty or outside of [begin, limit).
    [[nodiscard]] bool rebuild(std::vector<Extent> used);

    // Takes `size` bytes from the smallest hole that holds them (the first of equals), else from
    // the end. Nothing if the limit would be passed.
    [[nodiscard]] std::optional<std::uint64_t> allocate(std::uint64_t size);

    // Requires: every extent is used, in parts or wholes as allocate() gave them.
    void release(std::vector<Extent> extents);

    // One past the last used byte.
    std::uint64_t end() const { return end_; }

    std::uint64_t used_size() const { return end_ - begin_ - holes_size_; }

private:
    std::uint64_t begin_;
    std::uint64_t limit_;
    std::uint64_t end_;
    std::uint64_t holes_size_ = 0;
    std::vector<Extent> holes_;  // by offset
};

}  // namespace elytra::storage
