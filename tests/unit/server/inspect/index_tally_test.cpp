#include "server/inspect/index_tally.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "server/forest/filter.hpp"

using namespace elytra;
using namespace elytra::inspect;
using engine::CatalogImage;
using engine::IndexId;
using engine::RowTableId;

namespace {

// Rows 0 to 9 of failed ids in two runs.
CatalogImage catalog_of_two_runs() {
    CatalogImage catalog;
    catalog.runs.push_back({.segment = 1,
                            .index = IndexId::failed_id,
                            .row_first = 0,
                            .row_end = 5,
                            .id_min = 100,
                            .id_max = 104});
    catalog.runs.push_back({.segment = 2,
                            .index = IndexId::failed_id,
                            .row_first = 5,
                            .row_end = 10,
                            .id_min = 105,
                            .id_max = 109});
    return catalog;
}

std::uint64_t key_of(u128 id) { return forest::key_of(forest::hash_of(id)); }

}  // namespace

TEST_CASE("inspect: runs are compared with the rows in their range") {
    const CatalogImage catalog = catalog_of_two_runs();
    IndexTally tally(catalog);
    // Backwards, as the order does not matter.
    for (std::uint32_t row = 10; row > 0; --row) tally.add_failed_id(row - 1, 100U + row - 1);
    std::uint32_t changed_row = 99;
    std::uint64_t changed_key = 0;
    std::vector<std::uint32_t> different;
    SUBCASE("equal") {}
    SUBCASE("a pair with another key") {
        changed_row = 7;
        changed_key = key_of(107) + 1;
        different = {1};
    }
    SUBCASE("a pair with the key of another row") {
        changed_row = 3;
        changed_key = key_of(102);
        different = {0};
    }
    for (std::uint32_t row = 0; row < 10; ++row) {
        const std::uint64_t key = row == changed_row ? changed_key : key_of(100U + row);
        tally.add_pair(row < 5 ? 0 : 1, {.key = key, .row = row});
    }
    std::vector<std::uint32_t> found;
    for (const IndexTally::Difference& difference : tally.differences()) {
        found.push_back(difference.run);
    }
    CHECK(found == different);
    CHECK(tally.uncovered() == 0);
}

TEST_CASE("inspect: missing pairs, ids out of range and rows of no run are differences") {
    const CatalogImage catalog = catalog_of_two_runs();
    IndexTally tally(catalog);
    tally.add_failed_id(0, 100);
    CHECK(tally.differences().size() == 1);
    tally.add_pair(0, {.key = key_of(100), .row = 0});
    CHECK(tally.differences().empty());
    tally.add_failed_id(6, 4);
    tally.add_pair(1, {.key = key_of(4), .row = 6});
    CHECK(tally.differences().size() == 1);
    tally.add_failed_id(10, 110);
    CHECK(tally.uncovered() == 1);
    tally.skip_rows(RowTableId::transfers, 0, 100);
    CHECK(tally.differences().size() == 1);
    tally.skip_rows(RowTableId::failed_ids, 9, 1);
    CHECK(tally.differences().empty());
}
