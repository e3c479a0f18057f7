#include "tests/support/query_world.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include "server/common/sector_buffer.hpp"
#include "server/engine/result_writer.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/column_page.hpp"
#include "server/forest/filter.hpp"
#include "server/forest/pair_run.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::test {

using engine::ExpiryRecord;
using engine::IndexId;
using engine::RowTableId;
using engine::TransferRecord;
using forest::Pair;
using ledger::AccountRow;
using ledger::TransferRow;

namespace {

Limits limits_for(const QueryWorldOptions& options) {
    Limits limits = limits_tiny();
    limits.page_size = options.page_size;
    limits.chunk_size = 4 * options.page_size;
    limits.cut_rows = 2 * options.cut_rows_max;
    return limits;
}

std::uint64_t hash_key(u128 value) { return forest::key_of(forest::hash_of(value)); }

std::uint64_t timestamp_of(const TransferRecord& record) { return record.transfer.timestamp; }

std::uint64_t timestamp_of(const ExpiryRecord& record) { return record.timestamp; }

engine::AccountSnapshot snapshot(AccountRow row, const wire::Account& account) {
    return {.account = row,
            .flags = account.flags,
            .debits_pending = account.debits_pending,
            .debits_posted = account.debits_posted,
            .credits_pending = account.credits_pending,
            .credits_posted = account.credits_posted};
}

}  // namespace

QueryWorld::QueryWorld(std::uint64_t seed, const QueryWorldOptions& options)
    : options_(options),
      limits_(limits_for(options)),
      prng_(seed),
      store_(limits_),
      cache_({.page_size = options.page_size,
              .capacity = options.cache_pages * options.page_size,
              .reads_max = options.reads_max},
             io_) {
    add_accounts();
}

void QueryWorld::add_accounts() {
    for (std::uint32_t row = 0; row < options_.accounts; ++row) {
        const bool history = row % 2 == 0;
        store_.append_account({.id = 100 + row,
                               .user_data_128 = any_user_data_128(),
                               .user_data_64 = any_user_data_64(),
                               .user_data_32 = any_user_data_32(),
                               .ledger = any_ledger(),
                               .code = any_code(),
                               .flags = history ? wire::account_flags::history : std::uint16_t{0},
                               .timestamp = 1 + std::uint64_t{row} * 3});
    }
}

// Transfers and expiries often have the same time, as imported ones may.
std::uint64_t QueryWorld::next_timestamp(std::uint64_t last) {
    return last + 1 + prng_.below(3) * prng_.below(3);
}

void QueryWorld::add_transfer() {
    namespace flags = wire::transfer_flags;
    constexpr std::array<std::uint16_t, 4> kinds{0, flags::pending, flags::post_pending_transfer,
                                                 flags::void_pending_transfer};
    // The first accounts have most of the transfers.
    const std::uint64_t width = 1 + prng_.below(options_.accounts - 1);
    const auto debit = static_cast<std::uint32_t>(prng_.below(width));
    const auto credit = static_cast<std::uint32_t>(
        (debit + 1 + prng_.below(options_.accounts - 1)) % options_.accounts);
    add_transfer({.amount = prng_.below(1000),
                  .pending_id = prng_.chance(1, 4) ? prng_.next_u128() : 0,
                  .user_data_128 = any_user_data_128(),
                  .user_data_64 = any_user_data_64(),
                  .user_data_32 = any_user_data_32(),
                  .timeout = static_cast<std::uint32_t>(prng_.below(2) * prng_.below(9)),
                  .ledger = any_ledger(),
                  .code = any_code(),
                  .flags = kinds[prng_.below(kinds.size())]},
                 {.debit = AccountRow{debit}, .credit = AccountRow{credit}});
}

void QueryWorld::add_transfer(wire::Transfer transfer, ledger::Parties parties) {
    transfer_timestamp_ = next_timestamp(transfer_timestamp_);
    wire::Account debit = store_.account(parties.debit);
    wire::Account credit = store_.account(parties.credit);
    transfer.id = transfers_.size() + 1'000'000;
    transfer.debit_account_id = debit.id;
    transfer.credit_account_id = credit.id;
    transfer.timestamp = transfer_timestamp_;
    // Now and then more than 64 bits.
    const u128 amount = transfer.amount << (prng_.chance(1, 20) ? 70 : 0);
    debit.debits_posted += amount;
    credit.credits_posted += amount;
    store_.update_account(parties.debit, debit);
    store_.update_account(parties.credit, credit);
    store_.append_transfer(transfer, parties);
    transfers_.push_back({.transfer = transfer,
                          .debit = snapshot(parties.debit, debit),
                          .credit = snapshot(parties.credit, credit)});
}

void QueryWorld::add_expiry() {
    if (transfers_.empty()) return;
    expiry_timestamp_ = next_timestamp(
        prng_.chance(1, 50) ? std::max(expiry_timestamp_, transfer_timestamp_) : expiry_timestamp_);
    const TransferRow row{static_cast<std::uint32_t>(prng_.below(transfers_.size()))};
    const TransferRecord& record = transfers_[row.value];
    if (row.value < store_.memory_begin().transfers) store_.working_set().add(row, record);
    const ledger::Parties parties = record.parties();
    store_.append_expiry(row, expiry_timestamp_);
    expiries_.push_back({.timestamp = expiry_timestamp_,
                         .transfer = row,
                         .debit = snapshot(parties.debit, store_.account(parties.debit)),
                         .credit = snapshot(parties.credit, store_.account(parties.credit))});
    store_.end_operation(++operation_);
}

void QueryWorld::add_generation() {
    const std::uint64_t rows =
        prng_.below(1 + (prng_.chance(1, 4) ? options_.cut_rows_max : options_.cut_rows_max / 10));
    // Most generations have no expiry: then there is nothing of them to be written.
    const std::uint64_t expiry_share = prng_.below(3) * prng_.below(10);
    for (std::uint64_t row = 0; row < rows; ++row) {
        add_transfer();
        if (prng_.chance(expiry_share, 100)) add_expiry();
    }
    if (prng_.chance(1, 3)) merge_some();
}

void QueryWorld::cut() {
    flush();
    store_.cut();
}

std::uint64_t QueryWorld::any_timestamp() {
    if (prng_.chance(1, 4)) return 0;
    const bool expiry = prng_.chance(1, 4) && !expiries_.empty();
    if (!expiry && transfers_.empty()) return 1;
    const std::uint64_t timestamp =
        expiry ? expiries_[prng_.below(expiries_.size())].timestamp
               : transfers_[prng_.below(transfers_.size())].transfer.timestamp;
    return std::max<std::uint64_t>(timestamp + prng_.below(3), 2) - 1;
}

// ---- the page store ----

storage::BlockRef QueryWorld::append(std::span<const std::byte> bytes) {
    // Extents of other segments lie between.
    file_.resize(file_.size() + prng_.below(3) * sector_size);
    const storage::BlockRef block{.offset = file_.size(),
                                  .size = narrow<std::uint32_t>(bytes.size())};
    file_.insert(file_.end(), bytes.begin(), bytes.end());
    return block;
}

template <class Record>
void QueryWorld::write_rows(RowTableId id, std::span<const Record> records) {
    engine::RowTable& table = store_.catalog().tables[static_cast<std::size_t>(id)];
    engine::ColumnBatch batch(id);
    SectorBuffer page(options_.page_size);
    std::vector<std::byte> chunk;
    std::vector<forest::Fence> fences;
    std::uint32_t row = table.row_count();
    for (std::size_t next = 0; next < records.size() || batch.size() > 0;) {
        while (next < records.size() && !batch.full()) batch.add(records[next++]);
        const auto number = table.page_count() + narrow<std::uint32_t>(fences.size());
        const std::uint32_t count =
            forest::encode_columns({table.segment(), number}, batch.columns(), page.bytes());
        batch.drop(count);
        const std::span<const std::byte> bytes = page.bytes();
        chunk.insert(chunk.end(), bytes.begin(), bytes.end());
        fences.push_back({.first_key = timestamp_of(records[row - table.row_count()]),
                          .first_row = row,
                          .count = count,
                          .checksum = wire::checksum(page.bytes())});
        row += count;
        const bool all = next == records.size() && batch.size() == 0;
        if (chunk.size() < limits_.chunk_size && !all) continue;
        table.add_chunk(append(chunk));
        chunk.clear();
    }
    REQUIRE(table.add_fences(fences));
    REQUIRE(table.row_count() == row);
}

void QueryWorld::add_pairs(std::uint32_t row,
                           std::array<std::vector<Pair>, engine::index_count>& pairs) {
    const TransferRecord& record = transfers_[row];
    const wire::Transfer& transfer = record.transfer;
    const auto add = [&](IndexId index, std::uint64_t key) {
        pairs[static_cast<std::size_t>(index)].push_back({.key = key, .row = row});
    };
    add(IndexId::debit, record.debit.account.value);
    add(IndexId::credit, record.credit.account.value);
    if (transfer.user_data_128 != 0) add(IndexId::user_data_128, hash_key(transfer.user_data_128));
    if (transfer.user_data_64 != 0) add(IndexId::user_data_64, hash_key(transfer.user_data_64));
    if (transfer.user_data_32 != 0) add(IndexId::user_data_32, transfer.user_data_32);
    add(IndexId::ledger, transfer.ledger);
    add(IndexId::code, transfer.code);
    if (!options_.wrong_pairs || !prng_.chance(1, 20)) return;
    const u128 wide = any_user_data_128();
    if (wide != 0 && wide != transfer.user_data_128) add(IndexId::user_data_128, hash_key(wide));
    const std::uint64_t middle = any_user_data_64();
    if (middle != 0 && middle != transfer.user_data_64) {
        add(IndexId::user_data_64, hash_key(middle));
    }
}

void QueryWorld::flush() {
    const engine::Generation& previous = store_.previous();
    const engine::Catalog& catalog = store_.catalog();
    const std::uint32_t first = previous.begin().transfers;
    const std::uint32_t end = previous.end().transfers;
    if (catalog.table(RowTableId::transfers).row_count() < end) {
        write_rows<TransferRecord>(RowTableId::transfers,
                                   std::span(transfers_).subspan(first, end - first));
        std::array<std::vector<Pair>, engine::index_count> pairs;
        for (std::uint32_t row = first; row < end; ++row) add_pairs(row, pairs);
        for (std::size_t index = 0; index < pairs.size(); ++index) {
            engine::Run shape(options_.page_size);
            shape.row_first = first;
            shape.row_end = end;
            shape.index = static_cast<IndexId>(index);
            write_run(shape, std::move(pairs[index]), catalog.runs[index].size(), 0);
        }
    }
    const std::uint32_t expiries_end = previous.end().expiries;
    const std::uint32_t expiries_first = catalog.table(RowTableId::expiries).row_count();
    if (expiries_first < expiries_end) {
        write_rows<ExpiryRecord>(
            RowTableId::expiries,
            std::span(expiries_).subspan(expiries_first, expiries_end - expiries_first));
    }
}

// Takes the place of `replaced` runs from `position` on.
void QueryWorld::write_run(const engine::Run& shape, std::vector<Pair> pairs, std::size_t position,
                           std::size_t replaced) {
    if (pairs.empty() && replaced == 0) return;
    std::ranges::sort(pairs);
    engine::Catalog& catalog = store_.catalog();
    auto run = std::make_shared<engine::Run>(shape);
    run->segment = catalog.segment_next++;
    forest::PairRunWriter writer({.segment = run->segment,
                                  .page_size = options_.page_size,
                                  .chunk_size = limits_.chunk_size});
    const auto take_chunks = [&] {
        while (writer.has_chunk()) {
            const forest::BuiltChunk chunk = writer.take_chunk();
            run->pages.add(append(chunk.buffer.bytes().first(chunk.size)));
        }
    };
    for (const Pair& pair : pairs) {
        writer.add(pair);
        take_chunks();
    }
    writer.finish();
    take_chunks();
    run->fences = writer.fences();
    run->pair_count = pairs.size();
    pairs_[run->segment] = std::move(pairs);
    std::vector<engine::RunRef>& runs = catalog.runs[static_cast<std::size_t>(run->index)];
    const auto place = runs.begin() + static_cast<std::ptrdiff_t>(position);
    runs.insert(runs.erase(place, place + static_cast<std::ptrdiff_t>(replaced)), std::move(run));
}

void QueryWorld::merge_some() {
    const std::size_t index = prng_.below(engine::index_count);
    const std::vector<engine::RunRef>& runs = store_.catalog().runs[index];
    if (runs.size() < 2) return;
    const std::size_t first = prng_.below(runs.size() - 1);
    const std::size_t count = 2 + prng_.below(runs.size() - 1 - first);
    engine::Run shape(options_.page_size);
    shape.row_first = runs[first]->row_first;
    shape.row_end = runs[first + count - 1]->row_end;
    std::vector<Pair> pairs;
    for (std::size_t input = first; input < first + count; ++input) {
        const std::vector<Pair>& more = pairs_.at(runs[input]->segment);
        pairs.insert(pairs.end(), more.begin(), more.end());
    }
    shape.index = static_cast<IndexId>(index);
    write_run(shape, std::move(pairs), first, count);
}

// ---- asking ----

std::vector<std::byte> QueryWorld::run(engine::Query& query, std::size_t result_size,
                                       std::uint32_t limit) {
    std::vector<std::byte> room(result_size * limit);
    engine::ResultWriter results(room, limit);
    for (;;) {
        const engine::Progress progress = query.advance(results);
        submit();
        if (progress == engine::Progress::done) break;
        ++waits_;
        REQUIRE(!in_flight_.empty());
        serve_reads();
        if (calm_) continue;
        if (prng_.chance(1, 50)) merge_some();
        if (prng_.chance(1, 200)) flush();
    }
    while (!in_flight_.empty()) serve_reads();
    room.resize(results.size());
    return room;
}

void QueryWorld::submit() {
    for (const storage::IoEffect& effect : io_.effects()) {
        in_flight_.push_back(std::get<storage::Read>(effect));
    }
    io_.clear();
    REQUIRE(in_flight_.size() <= options_.reads_max);
}

void QueryWorld::serve_reads() {
    std::size_t count = calm_ ? in_flight_.size() : 1 + prng_.below(in_flight_.size());
    for (; count > 0; --count) {
        const std::size_t index = prng_.below(in_flight_.size());
        const storage::Read read = in_flight_[index];
        in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(index));
        REQUIRE(read.offset + read.bytes.size() <= file_.size());
        std::memcpy(read.bytes.data(), file_.data() + read.offset, read.bytes.size());
        ++reads_;
        cache_.on_io_done(read.token);
    }
    submit();
}

}  // namespace elytra::test
