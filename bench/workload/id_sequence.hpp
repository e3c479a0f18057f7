#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/common/int.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

enum class IdOrder : std::uint8_t {
    tbid,        // as clients make them: 48 bits of milliseconds over 80 random bits, ascending
    sequential,  // 1, 2, 3, ...
    random,      // all over the 128 bits, none twice
    reversed,    // count, ..., 2, 1
};

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 4> id_order_names{"tbid", "sequential", "random",
                                                                "reversed"};

constexpr std::string_view to_text(IdOrder order) {
    return id_order_names[static_cast<std::size_t>(order)];
}

struct IdOptions {
    IdOrder order = IdOrder::tbid;
    std::uint64_t count = 1;  // ids in the sequence
    std::uint64_t seed = 0;   // of random and tbid
    WallTime base;            // of tbid: the time of the first id
};

// The ids of the accounts, or of the transfers, of a workload. Never 0 and never the largest
// number.
class IdSequence {
public:
    explicit IdSequence(const IdOptions& options);

    // Distinct for distinct indexes. Requires: index < count.
    u128 at(std::uint64_t index) const;

private:
    u128 tbid(std::uint64_t index) const;
    u128 scattered(std::uint64_t index) const;

    IdOrder order_;
    std::uint64_t count_;
    std::uint64_t key_;
    std::uint64_t base_milliseconds_;
};

}  // namespace elytra::bench
