#include "server/engine/working_set.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

using ledger::IdState;
using ledger::TransferRow;

TransferRecord record_of(u128 id) {
    TransferRecord record;
    record.transfer.id = id;
    return record;
}

TEST_CASE("an empty working set knows nothing") {
    WorkingSet set;
    CHECK(set.empty());
    CHECK(set.find(1).state == IdState::unknown);
    CHECK(set.record(TransferRow{0}) == nullptr);
    CHECK_FALSE(set.has_timestamp(5));
    set.clear();
    CHECK(set.empty());
}

TEST_CASE("what was fetched is found by id and by row, and stays where it is") {
    WorkingSet set;
    set.add(TransferRow{7}, record_of(100));
    const TransferRecord* const first = set.record(TransferRow{7});
    REQUIRE(first != nullptr);
    for (std::uint32_t row = 1000; row < 9000; ++row) set.add(TransferRow{row}, record_of(row));
    CHECK(set.record(TransferRow{7}) == first);
    CHECK(first->transfer.id == 100);
    CHECK(set.find(100).state == IdState::created);
    CHECK(set.find(100).row == TransferRow{7});
    CHECK(set.find(8999).row == TransferRow{8999});
    CHECK(set.find(7).state == IdState::unknown);  // that is a row
    CHECK(set.record(TransferRow{100}) == nullptr);
}

TEST_CASE("a failed id is not a created one") {
    WorkingSet set;
    set.add_failed(5);
    CHECK_FALSE(set.empty());
    CHECK(set.find(5).state == IdState::failed);
    CHECK(set.find(6).state == IdState::unknown);
}

TEST_CASE("timestamps alone make a working set that is not empty") {
    WorkingSet set;
    set.add_timestamp(9);
    CHECK_FALSE(set.empty());
    CHECK(set.has_timestamp(9));
    CHECK(set.find(9).state == IdState::unknown);
    set.clear();
    CHECK_FALSE(set.has_timestamp(9));
}

TEST_CASE("the working set is used again and again, and may be told things twice") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        WorkingSet set;
        for (int operation = 0; operation < 20; ++operation) {
            std::map<std::uint32_t, u128> rows;
            std::set<std::uint64_t> failed;
            for (std::uint64_t left = prng.below(100); left > 0; --left) {
                const auto row = static_cast<std::uint32_t>(prng.below(50));
                set.add(TransferRow{row}, record_of(make_u128(row + 1, 0)));
                rows[row] = make_u128(row + 1, 0);
                const std::uint64_t id = prng.below(50);
                set.add_failed(id);
                failed.insert(id);
                set.add_timestamp(row);
            }
            bool all_right = true;
            for (std::uint32_t row = 0; row < 50; ++row) {
                const bool fetched = rows.contains(row);
                const IdState state = set.find(make_u128(row + 1, 0)).state;
                all_right = all_right && fetched == (set.record(TransferRow{row}) != nullptr) &&
                            fetched == set.has_timestamp(row) &&
                            fetched == (state == IdState::created) &&
                            failed.contains(row) == (set.find(row).state == IdState::failed);
            }
            CHECK(all_right);
            set.clear();
            CHECK(set.empty());
            CHECK(set.record(TransferRow{3}) == nullptr);
        }
    }
}

}  // namespace
}  // namespace elytra::engine
