#pragma once

#include <cstdint>
#include <vector>

#include "bench/workload/mix.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/common/time.hpp"

namespace elytra::bench {

// A unit of the workload on its way into a request. All its events are intended at the same time.
struct Unit {
    std::uint64_t index = 0;
    Instant intended;
    std::uint32_t events = 0;
    UnitKind kind = UnitKind::plain;

    bool operator==(const Unit&) const = default;
};

// A unit of the stream, whose time is not known yet.
Unit make_unit(const MixedStream& stream, std::uint64_t index);

// What goes into one request: units in the order of their intended times, or one query.
struct Batch {
    std::vector<Unit> units;
    std::uint32_t events = 0;
    Instant ready;  // when it was full, or its first unit had waited for as long as it may

    bool empty() const { return units.empty(); }

    bool is_query() const { return units.front().kind == UnitKind::query; }

    void add(const Unit& unit) {
        units.push_back(unit);
        events += unit.events;
    }

    void clear() {
        units.clear();
        events = 0;
    }
};

}  // namespace elytra::bench
