#include "server/forest/filter.hpp"

#include <cstring>

#include "server/common/assert.hpp"
#include "server/common/prefetch.hpp"
#include "server/common/prng.hpp"

namespace elytra::forest {
namespace {

constexpr std::uint64_t line_size = 64;
constexpr std::uint64_t entries_per_line = line_size * 8 / 16;

// Which bit an entry sets in each of the eight words, six bits a word from the lowest on. The line
// comes from the highest bits of the hash, so that all entries of a line have them in common; here
// each bit depends on the lower ones.
std::uint64_t bits_of(std::uint64_t hash) { return (hash * 0x9e3779b97f4a7c15) >> 16; }

}  // namespace

std::uint64_t hash_of(u128 value) {
    // For values with the same high half, often zero, no two hashes are equal.
    return mix64(low_half(value) ^ mix64(high_half(value) + 0x9e3779b97f4a7c15));
}

Filter::Filter(std::uint64_t entries) : lines_(size_of(entries) / line_size) {
    static_assert(sizeof(Line) == line_size);
}

std::uint64_t Filter::line_of(std::uint64_t hash) const {
    return high_half(static_cast<u128>(hash) * lines_.size());
}

void Filter::insert(std::uint64_t hash) {
    ELYTRA_ASSERT(!lines_.empty());
    std::uint64_t bits = bits_of(hash);
    for (std::uint64_t& word : lines_[line_of(hash)].words) {
        word |= std::uint64_t{1} << (bits & 63);
        bits >>= 6;
    }
}

bool Filter::may_contain(std::uint64_t hash) const {
    if (lines_.empty()) return false;
    std::uint64_t bits = bits_of(hash);
    std::uint64_t all = 1;
    for (const std::uint64_t word : lines_[line_of(hash)].words) {
        all &= word >> (bits & 63);
        bits >>= 6;
    }
    return all != 0;
}

void Filter::prefetch(std::uint64_t hash) const {
    if (!lines_.empty()) elytra::prefetch(&lines_[line_of(hash)]);
}

std::span<const std::byte> Filter::bytes() const { return std::as_bytes(std::span(lines_)); }

std::uint64_t Filter::size_of(std::uint64_t entries) {
    const std::uint64_t lines =
        entries / entries_per_line + (entries % entries_per_line != 0 ? 1 : 0);
    return lines * line_size;
}

Filter Filter::from_bytes(std::span<const std::byte> bytes) {
    ELYTRA_ASSERT(bytes.size() % line_size == 0);
    Filter filter;
    filter.lines_.resize(bytes.size() / line_size);
    if (!bytes.empty()) std::memcpy(filter.lines_.data(), bytes.data(), bytes.size());
    return filter;
}

}  // namespace elytra::forest
