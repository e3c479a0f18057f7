#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "server/common/limits.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/catalog.hpp"
#include "server/forest/column_page.hpp"
#include "server/inspect/account_trail.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/index_tally.hpp"

namespace elytra::inspect {

// The pages of one chunk.
struct PagesOfChunk {
    std::uint32_t segment = 0;
    std::uint32_t chunk = 0;       // in the segment
    std::uint32_t first_page = 0;  // its number in the segment
    storage::BlockRef block;
    std::span<const std::byte> bytes;
};

// Verifies pages against their fences, and what is in them: rows ascend by time and name accounts
// that exist, pairs ascend and name rows of their run. Damage goes to `content`, rows and pairs to
// the tallies.
class PageCheck {
public:
    struct Parts {
        Content& content;
        IndexTally& tally;
        AccountTrail& trail;
        const engine::AccountTable* accounts;  // null: they cannot be read
    };

    PageCheck(const Limits& limits, const Parts& parts) : limits_(limits), parts_(parts) {}

    // Each returns how many of the pages are damaged.
    std::uint32_t check_rows(const engine::RowTable& table, const PagesOfChunk& pages);
    std::uint32_t check_run(const engine::Run& run, std::uint32_t run_number,
                            const PagesOfChunk& pages);

    // Whether all rows that were checked could be read.
    bool rows_complete() const { return rows_complete_; }

private:
    // Empty if the page is as it has to be.
    std::string check_row_page(const engine::RowTable& table, std::uint32_t number,
                               std::span<const std::byte> page);
    std::string check_row(const engine::RowTable& table, const forest::ColumnPage& page,
                          std::uint32_t number, std::uint32_t index);
    std::string check_times(const engine::RowTable& table, const forest::ColumnPage& page,
                            std::uint32_t number) const;
    std::string check_run_page(const engine::Run& run, std::uint32_t run_number,
                               std::uint32_t number, std::span<const std::byte> page);
    void add_damage(const PagesOfChunk& pages, std::uint32_t index, std::string what);

    const Limits& limits_;
    Parts parts_;
    bool rows_complete_ = true;
};

}  // namespace elytra::inspect
