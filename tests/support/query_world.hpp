#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/query.hpp"
#include "server/engine/records.hpp"
#include "server/forest/pair.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::test {

struct QueryWorldOptions {
    std::uint32_t page_size = 4096;
    std::uint32_t cache_pages = 16;
    std::uint32_t reads_max = 4;
    std::uint32_t accounts = 5;
    std::uint32_t cut_rows_max = 2000;  // transfers of a generation
    bool wrong_pairs = true;            // as if hashes of values were equal now and then
};

// A ledger whose rows are invented, not made by the rules, in a page store and two generations in
// memory; and the same rows in plain vectors. Values come from small sets, so that predicates meet.
class QueryWorld {
public:
    QueryWorld(std::uint64_t seed, const QueryWorldOptions& options);

    // ---- making rows ----

    void add_transfer();

    // With these fields; accounts by row. Timestamp and id are the world's.
    void add_transfer(wire::Transfer transfer, ledger::Parties parties);

    // Expires one of the transfers, whichever it is.
    void add_expiry();

    // One generation of random size, and now and then a merge.
    void add_generation();

    void cut();

    // Brings the previous generation to the page store. Does nothing when that has been done.
    void flush();

    // Replaces some consecutive runs of one index by one.
    void merge_some();

    // ---- asking ----

    // Pages arrive in random order. Now and then the flush or a merge ends in between.
    std::vector<std::byte> run(engine::Query& query, std::size_t result_size, std::uint32_t limit);

    engine::QuerySource source() { return {.store = store_, .cache = cache_}; }

    const engine::LedgerStore& store() const { return store_; }

    // As rows were appended.
    std::span<const engine::TransferRecord> transfers() const { return transfers_; }

    std::span<const engine::ExpiryRecord> expiries() const { return expiries_; }

    Prng& prng() { return prng_; }

    // Values that transfers have, and zero.
    u128 any_user_data_128() { return prng_.below(3) * make_u128(1, 1); }

    std::uint64_t any_user_data_64() { return prng_.below(4); }

    std::uint32_t any_user_data_32() { return static_cast<std::uint32_t>(prng_.below(40)); }

    std::uint16_t any_code() { return static_cast<std::uint16_t>(1 + prng_.below(3)); }

    std::uint32_t any_ledger() { return 1 + static_cast<std::uint32_t>(prng_.below(2)); }

    // 0, one of a row, or one nearby.
    std::uint64_t any_timestamp();

    std::uint64_t reads() const { return reads_; }

    // How often the query had to wait when all reads in flight arrived at the same time.
    std::uint32_t waits() const { return waits_; }

    // The catalog stays as it is, and all reads in flight arrive together.
    void set_calm() { calm_ = true; }

private:
    std::uint64_t next_timestamp(std::uint64_t last);
    void add_accounts();
    void serve_reads();
    void submit();

    storage::BlockRef append(std::span<const std::byte> bytes);
    template <class Record>
    void write_rows(engine::RowTableId id, std::span<const Record> records);
    void write_run(const engine::Run& shape, std::vector<forest::Pair> pairs, std::size_t position,
                   std::size_t replaced);
    void add_pairs(std::uint32_t row,
                   std::array<std::vector<forest::Pair>, engine::index_count>& pairs);

    QueryWorldOptions options_;
    Limits limits_;
    Prng prng_;
    engine::LedgerStore store_;
    storage::IoQueue io_;
    storage::PageCache cache_;
    std::vector<std::byte> file_;
    std::vector<storage::Read> in_flight_;
    std::vector<engine::TransferRecord> transfers_;
    std::vector<engine::ExpiryRecord> expiries_;
    std::map<std::uint32_t, std::vector<forest::Pair>> pairs_;  // by segment of their run
    std::uint64_t transfer_timestamp_ = 0;
    std::uint64_t expiry_timestamp_ = 0;
    std::uint64_t operation_ = 0;
    std::uint64_t reads_ = 0;
    std::uint32_t waits_ = 0;
    bool calm_ = false;
};

}  // namespace elytra::test
