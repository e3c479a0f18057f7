#pragma once

#include <cstdint>

#include "server/wire/objects.hpp"

// What filters select. A filter that makes no sense selects nothing; that is not an error.
namespace elytra::ledger {

// Both ends are included.
struct TimeWindow {
    std::uint64_t first = 0;
    std::uint64_t last = wire::timestamp_max;
};

bool filter_valid(const wire::AccountFilter& filter);
bool filter_valid(const wire::QueryFilter& filter);
bool filter_valid(const wire::ChangeEventsFilter& filter);

// The times that a valid filter selects.
template <class Filter>
constexpr TimeWindow time_window(const Filter& filter) {
    return {.first = filter.timestamp_min,
            .last = filter.timestamp_max == 0 ? wire::timestamp_max : filter.timestamp_max};
}

// Whether the fields are those that the filter asks for; time and account are the caller's part.
bool matches(const wire::AccountFilter& filter, const wire::Transfer& transfer);
bool matches(const wire::QueryFilter& filter, const wire::Transfer& transfer);
bool matches(const wire::QueryFilter& filter, const wire::Account& account);

}  // namespace elytra::ledger
