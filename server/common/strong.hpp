#pragma once

#include <compare>
#include <cstdint>

#include "server/common/int.hpp"

namespace elytra {

// A number whose meaning is part of its type, so that an op cannot be passed where a view belongs.
template <class Tag, class Rep>
struct Strong {
    using rep = Rep;

    Rep value{};

    constexpr auto operator<=>(const Strong&) const = default;

    constexpr Strong next() const { return Strong{static_cast<Rep>(value + 1)}; }
};

using Op = Strong<struct OpTag, std::uint64_t>;      // position in the replicated log, from 1
using View = Strong<struct ViewTag, std::uint32_t>;  // primary = view mod replica count
using ReplicaIndex = Strong<struct ReplicaTag, std::uint8_t>;
using ClientId = Strong<struct ClientTag, u128>;  // chosen at random by the client, never 0
using ClusterId = Strong<struct ClusterTag, u128>;
using Lsn = Strong<struct LsnTag, std::uint64_t>;  // byte position in the endless log

}  // namespace elytra
