#include "server/inspect/page_check.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/engine/row_codec.hpp"
#include "server/forest/pair_page.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::inspect {

namespace {

using engine::RowTableId;
using forest::ColumnPage;
using forest::Fence;
using forest::Pair;
using forest::PairPage;

constexpr std::string_view checksum_mismatch = "checksum mismatch";

std::uint64_t timestamp_of(RowTableId table, const ColumnPage& page, std::uint32_t row) {
    switch (table) {
        case RowTableId::transfers:
            return engine::decode_transfer_timestamp(page, row);
        case RowTableId::expiries:
            return engine::decode_expiry_timestamp(page, row);
        case RowTableId::failed_ids:
            break;
    }
    return 0;
}

// Every pair is above the one before it. The lowest is that of the fence, the highest is below the
// next fence.
std::string check_order(const engine::Run& run, std::uint32_t number, const PairPage& page) {
    const Fence& fence = run.fences[number];
    if (page.at(0) != Pair{.key = fence.first_key, .row = fence.first_row}) {
        return "its first pair is not that of its fence";
    }
    Pair before = page.at(0);
    for (std::uint32_t i = 1; i < page.size(); ++i) {
        const Pair pair = page.at(i);
        if (pair <= before) return fmt::format("pair {} does not ascend", i);
        before = pair;
    }
    if (number + 1 == run.fences.size()) return {};
    const Fence& next = run.fences[number + 1];
    if (before < Pair{.key = next.first_key, .row = next.first_row}) return {};
    return "its last pair is not below the next page";
}

}  // namespace

std::uint32_t PageCheck::check_rows(const engine::RowTable& table, const PagesOfChunk& pages) {
    std::uint32_t damaged = 0;
    const auto count = static_cast<std::uint32_t>(pages.block.size / limits_.page_size);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t number = pages.first_page + i;
        std::string what = check_row_page(
            table, number,
            pages.bytes.subspan(std::size_t{i} * limits_.page_size, limits_.page_size));
        if (what.empty()) continue;
        const Fence& fence = table.fences()[number];
        parts_.tally.skip_rows(table.id(), fence.first_row, fence.count);
        rows_complete_ = false;
        add_damage(pages, i, std::move(what));
        ++damaged;
    }
    return damaged;
}

std::string PageCheck::check_row_page(const engine::RowTable& table, std::uint32_t number,
                                      std::span<const std::byte> bytes) {
    const Fence& fence = table.fences()[number];
    if (wire::checksum(bytes) != fence.checksum) return std::string(checksum_mismatch);
    const auto page = ColumnPage::open({.segment = table.segment(), .number = number},
                                       engine::column_count(table.id()), bytes);
    if (!page.has_value()) return std::string(forest::to_text(page.error()));
    if (page->row_count() != fence.count) return "it has another number of rows than its fence";
    if (std::string what = check_times(table, *page, number); !what.empty()) return what;
    for (std::uint32_t i = 0; i < page->row_count(); ++i) {
        if (std::string what = check_row(table, *page, number, i); !what.empty()) return what;
    }
    return {};
}

std::string PageCheck::check_times(const engine::RowTable& table, const ColumnPage& page,
                                   std::uint32_t number) const {
    const Fence& fence = table.fences()[number];
    std::uint64_t before = timestamp_of(table.id(), page, 0);
    if (before != fence.first_key) return "its first timestamp is not that of its fence";
    for (std::uint32_t i = 1; i < page.row_count(); ++i) {
        const std::uint64_t timestamp = timestamp_of(table.id(), page, i);
        const bool ascends =
            table.id() == RowTableId::transfers ? timestamp > before : timestamp >= before;
        if (!ascends) return fmt::format("the timestamp of row {} is too low", fence.first_row + i);
        before = timestamp;
    }
    const engine::CatalogImage& catalog = *parts_.content.catalog();
    const bool last = number + 1 == table.page_count();
    const std::uint64_t timestamp_max =
        last ? catalog.timestamp : table.fences()[number + 1].first_key;
    if (before > timestamp_max) return "its last timestamp is too high";
    const bool of_transfers = last && table.id() == RowTableId::transfers;
    if (!of_transfers || before == catalog.transfer_timestamp_last) return {};
    return "its last timestamp is not the one that the catalog names";
}

std::string PageCheck::check_row(const engine::RowTable& table, const ColumnPage& page,
                                 std::uint32_t number, std::uint32_t index) {
    const std::uint32_t row = table.first_row(number) + index;
    if (table.id() == RowTableId::failed_ids) {
        parts_.tally.add_failed_id(row, engine::decode_failed_id(page, index));
        return {};
    }
    if (parts_.accounts == nullptr) return {};  // what names them cannot be judged
    const std::string no_row = fmt::format("row {} names accounts that do not exist", row);
    if (table.id() == RowTableId::transfers) {
        const auto record = engine::decode_transfer(page, index, *parts_.accounts);
        if (!record.has_value()) return no_row;
        parts_.tally.add_transfer(row, *record);
        const std::uint64_t timestamp = record->transfer.timestamp;
        parts_.trail.add(AccountTrail::Event::transfer, timestamp, record->debit);
        parts_.trail.add(AccountTrail::Event::transfer, timestamp, record->credit);
        return {};
    }
    const auto record = engine::decode_expiry(page, index, *parts_.accounts);
    if (!record.has_value()) return no_row;
    const engine::CatalogImage& catalog = *parts_.content.catalog();
    const auto transfers = static_cast<std::size_t>(RowTableId::transfers);
    if (record->transfer.value >= catalog.tables[transfers].row_count) {
        return fmt::format("row {} names a transfer that does not exist", row);
    }
    parts_.trail.add(AccountTrail::Event::expiry, record->timestamp, record->debit);
    parts_.trail.add(AccountTrail::Event::expiry, record->timestamp, record->credit);
    return {};
}

std::uint32_t PageCheck::check_run(const engine::Run& run, std::uint32_t run_number,
                                   const PagesOfChunk& pages) {
    std::uint32_t damaged = 0;
    const auto count = static_cast<std::uint32_t>(pages.block.size / limits_.page_size);
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string what = check_run_page(
            run, run_number, pages.first_page + i,
            pages.bytes.subspan(std::size_t{i} * limits_.page_size, limits_.page_size));
        if (what.empty()) continue;
        parts_.tally.skip_run(run_number);
        add_damage(pages, i, std::move(what));
        ++damaged;
    }
    return damaged;
}

std::string PageCheck::check_run_page(const engine::Run& run, std::uint32_t run_number,
                                      std::uint32_t number, std::span<const std::byte> bytes) {
    const Fence& fence = run.fences[number];
    if (wire::checksum(bytes) != fence.checksum) return std::string(checksum_mismatch);
    const auto page = PairPage::open({.segment = run.segment, .number = number}, bytes);
    if (!page.has_value()) return std::string(forest::to_text(page.error()));
    if (page->size() == 0 || page->size() != fence.count) {
        return "it has another number of pairs than its fence";
    }
    if (std::string what = check_order(run, number, *page); !what.empty()) return what;
    const bool has_filter = !run.filter.bytes().empty();
    for (std::uint32_t i = 0; i < page->size(); ++i) {
        const Pair pair = page->at(i);
        if (pair.row < run.row_first || pair.row >= run.row_end) {
            return fmt::format("pair {} names row {}, which is not one of its run", i, pair.row);
        }
        if (has_filter && !run.filter.may_contain(engine::filter_hash(pair.key))) {
            return fmt::format("the filter of the run does not know pair {}", i);
        }
        parts_.tally.add_pair(run_number, pair);
    }
    return {};
}

void PageCheck::add_damage(const PagesOfChunk& pages, std::uint32_t index, std::string what) {
    const std::optional<engine::CatalogImage>& catalog = parts_.content.catalog();
    parts_.content.damages().push_back(
        {.zone = Zone::grid,
         .address = fmt::format("segment {} ({}) chunk {} page {}", pages.segment,
                                describe(use_of(pages.segment, catalog), catalog), pages.chunk,
                                pages.first_page + index),
         .offset = pages.block.offset + std::uint64_t{index} * limits_.page_size,
         .size = limits_.page_size,
         .what = std::move(what)});
}

}  // namespace elytra::inspect
