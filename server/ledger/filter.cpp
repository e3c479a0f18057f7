#include "server/ledger/filter.hpp"

#include <algorithm>

#include "server/common/int.hpp"

namespace elytra::ledger {

namespace {

// The part that all filters share: times, limit and reserved bytes.
template <class Filter>
bool frame_valid(const Filter& filter) {
    const std::uint64_t min = filter.timestamp_min;
    const std::uint64_t max = filter.timestamp_max;
    if (min != 0 && !wire::timestamp_valid(min)) return false;
    if (max != 0 && !wire::timestamp_valid(max)) return false;
    if (max != 0 && min > max) return false;
    return filter.limit > 0 &&
           std::ranges::all_of(filter.reserved, [](auto byte) { return byte == 0; });
}

template <class T>
bool wanted(T filter, T value) {
    return filter == 0 || filter == value;
}

template <class Filter, class Object>
bool fields_match(const Filter& filter, const Object& object) {
    return wanted(filter.user_data_128, object.user_data_128) &&
           wanted(filter.user_data_64, object.user_data_64) &&
           wanted(filter.user_data_32, object.user_data_32) && wanted(filter.code, object.code);
}

}  // namespace

bool filter_valid(const wire::AccountFilter& filter) {
    namespace flags = wire::account_filter_flags;
    return frame_valid(filter) && filter.account_id != 0 && filter.account_id != u128_max &&
           (filter.flags & (flags::debits | flags::credits)) != 0 &&
           (filter.flags & flags::reserved) == 0;
}

bool filter_valid(const wire::QueryFilter& filter) {
    return frame_valid(filter) && (filter.flags & wire::query_filter_flags::reserved) == 0;
}

bool filter_valid(const wire::ChangeEventsFilter& filter) { return frame_valid(filter); }

bool matches(const wire::AccountFilter& filter, const wire::Transfer& transfer) {
    return fields_match(filter, transfer);
}

bool matches(const wire::QueryFilter& filter, const wire::Transfer& transfer) {
    return wanted(filter.ledger, transfer.ledger) && fields_match(filter, transfer);
}

bool matches(const wire::QueryFilter& filter, const wire::Account& account) {
    return wanted(filter.ledger, account.ledger) && fields_match(filter, account);
}

}  // namespace elytra::ledger
