#include "server/engine/expiry_queue.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace elytra::engine {
namespace {

using ledger::TransferRow;

TEST_CASE("entries leave by time and then by age, dead ones unseen") {
    ExpiryQueue queue;
    queue.push({.expires_at = 20, .row = TransferRow{2}});
    queue.push({.expires_at = 10, .row = TransferRow{4}});
    queue.push({.expires_at = 10, .row = TransferRow{3}});
    queue.push({.expires_at = 5, .row = TransferRow{1}});
    queue.drop_dead([](TransferRow row) { return row.value != 1; });
    std::vector<std::uint32_t> rows;
    while (!queue.empty()) {
        rows.push_back(queue.front().row.value);
        queue.pop();
    }
    CHECK(rows == std::vector<std::uint32_t>{3, 4, 2});
}

TEST_CASE("entries that die behind the front do not pile up") {
    ExpiryQueue queue;
    const auto is_live = [](TransferRow row) { return row.value == 0; };
    queue.push({.expires_at = 1, .row = TransferRow{0}});
    for (std::uint32_t row = 1; row < 100'000; ++row) {
        queue.push({.expires_at = 2, .row = TransferRow{row}});
        queue.drop_dead(is_live);
    }
    queue.pop();
    std::size_t left = 0;
    for (; !queue.empty(); queue.pop()) ++left;
    CHECK(left < 5'000);
}

}  // namespace
}  // namespace elytra::engine
