#include "server/engine/row_reader.hpp"

namespace elytra::engine {

void group_by_page(const RowTable& table, std::span<const std::uint32_t> rows,
                   std::vector<PageRows>& pages) {
    pages.clear();
    RowRange in_page;
    for (std::uint32_t position = 0; position < rows.size(); ++position) {
        const std::uint32_t row = rows[position];
        if (row < in_page.first || row >= in_page.end) {
            const std::uint32_t page = table.page_of(row);
            const bool is_last = page + 1 == table.page_count();
            in_page = {.first = table.first_row(page),
                       .end = is_last ? table.row_count() : table.first_row(page + 1)};
            pages.push_back({.page = page, .first = position});
        }
        ++pages.back().count;
    }
}

}  // namespace elytra::engine
