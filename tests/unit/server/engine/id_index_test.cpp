#include "server/engine/id_index.hpp"

#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

// The ids whose hash equals that of `low`: the high half is multiplied and then mixed in.
u128 colliding_id(std::uint64_t low, std::uint64_t high) {
    return make_u128(high, low ^ (high * 0x9e3779b97f4a7c15));
}

std::optional<std::uint32_t> find(const IdIndex& index, const std::vector<u128>& ids, u128 id) {
    return index.find(id, [&](std::uint32_t row) { return ids[row] == id; });
}

TEST_CASE("ids are found while pages split, and not after they were erased") {
    IdIndex index;
    Prng prng(7);
    std::vector<u128> ids;
    for (std::uint32_t row = 0; row < 50'000; ++row) {
        ids.push_back(row % 2 == 0 ? u128{row} : prng.next_u128());
        index.insert(ids[row], row);
    }
    CHECK(index.page_count() > 100);
    for (std::uint32_t row = 1; row < ids.size(); row += 3) index.erase(ids[row], row);
    bool all_right = true;
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
        const std::optional<std::uint32_t> found = find(index, ids, ids[row]);
        all_right = all_right && (row % 3 == 1 ? !found.has_value() : found == row);
    }
    CHECK(all_right);
    CHECK_FALSE(find(index, ids, 1'000'001).has_value());
}

TEST_CASE("ids that were made to collide are told apart and take no more room than others") {
    IdIndex index;
    std::vector<u128> ids;
    for (std::uint32_t row = 0; row < 3'000; ++row) {
        ids.push_back(colliding_id(99, row));
        index.insert(ids[row], row);
    }
    CHECK(index.page_count() < 64);
    bool all_right = true;
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
        all_right = all_right && find(index, ids, ids[row]) == row;
    }
    for (std::uint32_t row = 0; row < ids.size(); row += 2) index.erase(ids[row], row);
    for (std::uint32_t row = 0; row < ids.size(); ++row) {
        all_right = all_right && find(index, ids, ids[row]).has_value() == (row % 2 == 1);
    }
    CHECK(all_right);
    index.clear();
    CHECK_FALSE(find(index, ids, ids[1]).has_value());
}

}  // namespace
}  // namespace elytra::engine
