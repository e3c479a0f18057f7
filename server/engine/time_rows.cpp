#include "server/engine/time_rows.hpp"

#include <algorithm>
#include <span>

#include "server/common/int.hpp"

namespace elytra::engine {

RowRange stored_rows(const RowTable& table, std::uint32_t memory_begin,
                     const ledger::TimeWindow& window) {
    const std::span<const forest::Fence> fences = table.fences();
    const auto behind =
        std::ranges::upper_bound(fences, window.last, {}, &forest::Fence::first_key);
    const auto page_end = narrow<std::uint32_t>(behind - fences.begin());
    const std::uint32_t page = table.page_from(window.first);
    if (page >= page_end) return {};
    const bool is_last = page_end == table.page_count();
    const std::uint32_t end = is_last ? table.row_count() : table.first_row(page_end);
    return {.first = table.first_row(page), .end = std::min(end, memory_begin)};
}

}  // namespace elytra::engine
