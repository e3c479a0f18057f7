#include "server/inspect/index_tally.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/forest/filter.hpp"
#include "server/ledger/transfer_checks.hpp"
#include "server/wire/objects.hpp"

namespace elytra::inspect {

namespace {

using engine::CatalogImage;
using engine::IndexId;
using engine::RowTableId;

std::uint64_t hashed(u128 value) { return forest::key_of(forest::hash_of(value)); }

RowTableId table_of(IndexId index) {
    return index == IndexId::failed_id ? RowTableId::failed_ids : RowTableId::transfers;
}

}  // namespace

void IndexTally::Sum::add(forest::Pair pair) {
    ++count;
    hashes += forest::hash_of(make_u128(pair.key, pair.row));
}

IndexTally::IndexTally(const CatalogImage& catalog)
    : catalog_(catalog), sums_(catalog.runs.size()) {
    for (std::uint32_t number = 0; number < catalog.runs.size(); ++number) {
        IndexRuns& runs = indexes_[static_cast<std::size_t>(catalog.runs[number].index)];
        if (runs.count++ == 0) runs.first = number;
    }
}

IndexTally::RunSums* IndexTally::find(IndexId index, std::uint32_t row, std::uint32_t& number) {
    const IndexRuns& place = indexes_[static_cast<std::size_t>(index)];
    const auto runs = std::span(catalog_.runs).subspan(place.first, place.count);
    const auto after = std::ranges::upper_bound(runs, row, {}, &CatalogImage::Run::row_first);
    if (after == runs.begin() || row >= (after - 1)->row_end) return nullptr;
    number = place.first + static_cast<std::uint32_t>(after - runs.begin()) - 1;
    return &sums_[number];
}

void IndexTally::add(IndexId index, forest::Pair pair) {
    std::uint32_t number = 0;
    RunSums* sums = find(index, pair.row, number);
    if (sums == nullptr) {
        ++uncovered_;
        return;
    }
    sums->rows.add(pair);
}

void IndexTally::add_id(IndexId index, std::uint32_t row, u128 id) {
    add(index, {.key = hashed(id), .row = row});
    std::uint32_t number = 0;
    RunSums* sums = find(index, row, number);
    if (sums == nullptr) return;
    const CatalogImage::Run& run = catalog_.runs[number];
    sums->id_out_of_range = sums->id_out_of_range || id < run.id_min || id > run.id_max;
}

void IndexTally::add_transfer(std::uint32_t row, const engine::TransferRecord& record) {
    const wire::Transfer& transfer = record.transfer;
    add_id(IndexId::id, row, transfer.id);
    add(IndexId::debit, {.key = record.debit.account.value, .row = row});
    add(IndexId::credit, {.key = record.credit.account.value, .row = row});
    add(IndexId::ledger, {.key = transfer.ledger, .row = row});
    add(IndexId::code, {.key = transfer.code, .row = row});
    if (transfer.user_data_128 != 0) {
        add(IndexId::user_data_128, {.key = hashed(transfer.user_data_128), .row = row});
    }
    if (transfer.user_data_64 != 0) {
        add(IndexId::user_data_64, {.key = hashed(transfer.user_data_64), .row = row});
    }
    if (transfer.user_data_32 != 0) {
        add(IndexId::user_data_32, {.key = transfer.user_data_32, .row = row});
    }
    const bool can_expire =
        (transfer.flags & wire::transfer_flags::pending) != 0 && transfer.timeout != 0;
    if (can_expire) add(IndexId::expiry, {.key = ledger::expires_at(transfer), .row = row});
}

void IndexTally::add_failed_id(std::uint32_t row, u128 id) { add_id(IndexId::failed_id, row, id); }

void IndexTally::add_pair(std::uint32_t run, forest::Pair pair) { sums_[run].pairs.add(pair); }

void IndexTally::skip_rows(RowTableId table, std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t number = 0; number < sums_.size(); ++number) {
        const CatalogImage::Run& run = catalog_.runs[number];
        if (table_of(run.index) != table) continue;
        if (run.row_first < std::uint64_t{first} + count && first < run.row_end) skip_run(number);
    }
}

void IndexTally::skip_run(std::uint32_t run) { sums_[run].skipped = true; }

std::vector<IndexTally::Difference> IndexTally::differences() const {
    std::vector<Difference> differences;
    for (std::uint32_t number = 0; number < sums_.size(); ++number) {
        const RunSums& sums = sums_[number];
        if (sums.skipped) continue;
        if (sums.rows != sums.pairs) {
            const CatalogImage::Run& run = catalog_.runs[number];
            differences.push_back(
                {number,
                 fmt::format("its {} pairs are not the {} that rows {} to {} make",
                             sums.pairs.count, sums.rows.count, run.row_first, run.row_end - 1)});
        } else if (sums.id_out_of_range) {
            differences.push_back({number, "a row has an id outside of the range of its run"});
        }
    }
    return differences;
}

}  // namespace elytra::inspect
