#include "server/storage/layout.hpp"

#include <initializer_list>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::storage;

TEST_CASE("the zones of a data file follow each other without overlap") {
    for (const Limits& limits : {limits_production(), limits_tiny()}) {
        const Layout layout = layout_of(limits);
        CHECK(layout.superblock_copy_offset(0) == 0);
        CHECK(layout.superblock_copy_offset(1) + superblock_copy_size <= layout.evidence_offset);
        CHECK(layout.evidence_offset + layout.evidence_size == layout.log_offset);
        CHECK(layout.log_offset + layout.log_size == layout.superblock_copy_offset(2));
        CHECK(layout.superblock_copy_offset(3) + superblock_copy_size <= layout.page_store_offset);
        CHECK(layout.page_store_offset % page_store_alignment == 0);
    }
}

TEST_CASE("an empty data file of production size takes 64.5 MiB") {
    CHECK(layout_of(limits_production()).page_store_offset == 67'633'152);
}

TEST_CASE("the log's positions go around the ring") {
    const Layout layout = layout_of(limits_tiny());
    CHECK(layout.log_place(Lsn{0}) == layout.log_offset);
    CHECK(layout.log_place(Lsn{layout.log_size - sector_size}) ==
          layout.superblock_b_offset - sector_size);
    CHECK(layout.log_place(Lsn{3 * layout.log_size}) == layout.log_offset);
}
