#pragma once

#include <cstdint>

#include "server/engine/catalog.hpp"
#include "server/ledger/filter.hpp"

// From times to rows: rows of transfers and of expiries ascend with their timestamps.
namespace elytra::engine {

enum class Order : std::uint8_t { ascending, descending };

// The rows [first, end).
struct RowRange {
    std::uint32_t first = 0;
    std::uint32_t end = 0;

    bool empty() const { return first >= end; }

    std::uint32_t size() const { return empty() ? 0 : end - first; }
};

// The rows below `memory_begin` that can have a timestamp in the window. They make whole pages, so
// some in the first and in the last page may lie outside.
RowRange stored_rows(const RowTable& table, std::uint32_t memory_begin,
                     const ledger::TimeWindow& window);

inline bool contains(const ledger::TimeWindow& window, std::uint64_t timestamp) {
    return timestamp >= window.first && timestamp <= window.last;
}

// The first of rows whose timestamp is at least `timestamp`; rows.end if there is none.
template <class TimestampOf>
std::uint32_t row_from(const RowRange& rows, std::uint64_t timestamp,
                       const TimestampOf& timestamp_of) {
    std::uint32_t first = rows.first;
    std::uint32_t end = rows.end;
    while (first < end) {
        const std::uint32_t middle = first + (end - first) / 2;
        if (timestamp_of(middle) < timestamp) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

// Those of the rows that are in the window.
template <class TimestampOf>
RowRange rows_in(const RowRange& rows, const ledger::TimeWindow& window,
                 const TimestampOf& timestamp_of) {
    return {.first = row_from(rows, window.first, timestamp_of),
            .end = row_from(rows, window.last + 1, timestamp_of)};
}

}  // namespace elytra::engine
