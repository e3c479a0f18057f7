#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/forest/column_page.hpp"
#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::uint32_t column_count = 12;
constexpr PageName name{.segment = 7, .number = 3};

using Page = std::array<std::byte, page_size>;

// Columns of all widths.
Page ordinary_page() {
    std::array<std::vector<std::uint64_t>, column_count> columns;
    std::vector<std::span<const std::uint64_t>> spans;
    for (std::uint32_t i = 0; i < column_count; ++i) {
        for (std::uint64_t row = 0; row < 40; ++row) {
            columns[i].push_back(i < 8 ? (row + 9) << (8 * i) : i);
        }
        spans.emplace_back(columns[i]);
    }
    Page page;
    encode_columns(name, spans, page);
    return page;
}

// What was read is written again: it reads the same.
void check_again(const ColumnPage& page) {
    std::array<std::vector<std::uint64_t>, column_count> columns;
    std::vector<std::span<const std::uint64_t>> spans;
    const std::uint32_t rows = std::min(page.row_count(), 1U << 10);
    for (std::uint32_t i = 0; i < column_count; ++i) {
        for (std::uint32_t row = 0; row < rows; ++row) columns[i].push_back(page.value(i, row));
        spans.emplace_back(columns[i]);
        static_cast<void>(page.value(i, page.row_count() - 1));
    }
    Page bytes;
    const std::uint32_t encoded = encode_columns(name, spans, bytes);
    const auto again = ColumnPage::open(name, column_count, bytes);
    ELYTRA_ASSERT(again.has_value());
    ELYTRA_ASSERT(again->row_count() == encoded);
    for (std::uint32_t i = 0; i < column_count; ++i) {
        for (std::uint32_t row = 0; row < encoded; ++row) {
            ELYTRA_ASSERT(again->value(i, row) == columns[i][row]);
        }
    }
}

}  // namespace

// The input is a list of deviations from an ordinary page: two bytes of position, one of change.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Page ordinary = ordinary_page();
    // Memory of its own, so that the sanitizer sees reads beyond its end.
    std::vector<std::byte> page(ordinary.begin(), ordinary.end());
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    for (std::size_t i = 0; i + 3 <= input.size(); i += 3) {
        page[wire::load<std::uint16_t>(input, i) % page_size] ^= input[i + 2];
    }
    const auto opened = ColumnPage::open(name, column_count, page);
    if (opened.has_value()) check_again(*opened);
    return 0;
}
