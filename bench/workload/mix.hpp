#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elytra::bench {

// What a stretch of a mixed load asks for. A unit is never split over two batches, so that its
// answer does not depend on how batches of different clients interleave.
enum class UnitKind : std::uint8_t {
    plain,      // one transfer that is posted
    linked,     // a chain of two to four transfers; one chain in ten fails as a whole
    two_phase,  // a pending transfer and its post or void
    failing,    // a transfer that has to be refused, of many kinds; a repeat follows its original
    query,      // a request of its own: get_account_transfers of one account
};

inline constexpr std::size_t unit_kind_count = 5;

// In the order of the enumerators.
inline constexpr std::array<std::string_view, unit_kind_count> unit_kind_names{
    "plain", "linked", "two_phase", "failing", "query"};

constexpr std::string_view to_text(UnitKind kind) {
    return unit_kind_names[static_cast<std::size_t>(kind)];
}

// How often each kind of unit is drawn, in thousandths. The sum is 1000.
struct MixOptions {
    std::array<std::uint32_t, unit_kind_count> shares{1000, 0, 0, 0, 0};

    std::uint32_t& share(UnitKind kind) { return shares[static_cast<std::size_t>(kind)]; }

    std::uint32_t share(UnitKind kind) const { return shares[static_cast<std::size_t>(kind)]; }

    bool operator==(const MixOptions&) const = default;
};

}  // namespace elytra::bench
