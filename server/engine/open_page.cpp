#include "server/engine/open_page.hpp"

#include "server/common/assert.hpp"
#include "server/engine/row_codec.hpp"

namespace elytra::engine {

forest::ColumnPage open_rows(const RowTable& table, std::uint32_t number,
                             std::span<const std::byte> page) {
    const auto opened =
        forest::ColumnPage::open({table.segment(), number}, column_count(table.id()), page);
    ELYTRA_ASSERT(opened.has_value());
    return opened.value();
}

forest::PairPage open_pairs(const Run& run, std::uint32_t number, std::span<const std::byte> page) {
    const auto opened = forest::PairPage::open({run.segment, number}, page);
    ELYTRA_ASSERT(opened.has_value());
    return opened.value();
}

}  // namespace elytra::engine
