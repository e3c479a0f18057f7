#include "server/engine/table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"

namespace elytra::engine {
namespace {

using Row = std::array<std::uint32_t, 24>;

Row row_of(std::uint32_t value) {
    Row row{};
    row.fill(value);
    return row;
}

Table make_table(std::uint32_t chunk_size) {
    return Table({.id = TableId::expiries,
                  .kind = TableKind::append_only,
                  .row_size = sizeof(Row),
                  .chunk_size = chunk_size});
}

bool all_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

TEST_CASE("rows stay where they are and fill aligned chunks, the rest of which is zero") {
    Table table = make_table(sector_size);
    constexpr std::uint32_t per_chunk = sector_size / sizeof(Row);
    CHECK(table.rows_per_chunk() == per_chunk);
    CHECK(table.chunk_count() == 0);
    for (std::uint32_t index = 0; index < 10 * per_chunk + 1; ++index) {
        CHECK(table.append(row_of(index + 1)) == index);
    }
    const Row* first = &table.row<Row>(0);
    CHECK(table.chunk_count() == 11);
    bool all_right = true;
    for (std::uint32_t index = 0; index < table.row_count(); ++index) {
        all_right = all_right && table.row<Row>(index) == row_of(index + 1);
    }
    CHECK(all_right);
    CHECK(&table.row<Row>(0) == first);
    for (std::size_t chunk = 0; chunk < table.chunk_count(); ++chunk) {
        CHECK(table.chunk(chunk).size() == sector_size);
        CHECK(reinterpret_cast<std::uintptr_t>(table.chunk(chunk).data()) % sector_size == 0);
    }
    CHECK(all_zero(table.chunk(0).subspan(per_chunk * sizeof(Row))));
    CHECK(all_zero(table.chunk(10).subspan(sizeof(Row))));
}

TEST_CASE("what was truncated is zero again") {
    Table table = make_table(2 * sector_size);
    for (std::uint32_t index = 0; index < 200; ++index) table.append(row_of(index + 1));
    table.truncate(3);
    CHECK(table.row_count() == 3);
    CHECK(table.chunk_count() == 1);
    CHECK(all_zero(table.chunk(0).subspan(3 * sizeof(Row))));
    CHECK(table.append(row_of(9)) == 3);
    table.truncate(0);
    CHECK(table.chunk_count() == 0);
}

TEST_CASE("a restored table has the rows of the chunks that were read into it") {
    Table source = make_table(sector_size);
    for (std::uint32_t index = 0; index < 100; ++index) source.append(row_of(index));
    Table target = make_table(sector_size);
    target.append(row_of(77));
    target.restore(source.row_count());
    for (std::size_t chunk = 0; chunk < source.chunk_count(); ++chunk) {
        std::ranges::copy(source.chunk(chunk), target.restore_chunk(chunk).begin());
    }
    CHECK(target.row_count() == 100);
    CHECK(target.row<Row>(99) == row_of(99));
    CHECK(target.append(row_of(100)) == 100);
}

}  // namespace
}  // namespace elytra::engine
