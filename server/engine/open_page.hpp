#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/engine/catalog.hpp"
#include "server/forest/column_page.hpp"
#include "server/forest/pair_page.hpp"

// Pages that came through the page cache. One that has the checksum that its parent expects and
// still makes no sense was made wrong by our own code, so that is asserted.
namespace elytra::engine {

forest::ColumnPage open_rows(const RowTable& table, std::uint32_t number,
                             std::span<const std::byte> page);

forest::PairPage open_pairs(const Run& run, std::uint32_t number, std::span<const std::byte> page);

}  // namespace elytra::engine
