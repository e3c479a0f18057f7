#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/page_walk.hpp"
#include "server/engine/progress.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// Fetches what an operation needs from the page store into the working set: transfers by id, by row
// and by timestamp. What filters and ranges of ids rule out is not read. Ids that are found nowhere
// stay unknown.
class Fetch {
public:
    // Both outlive it.
    Fetch(LedgerStore& store, storage::PageCache& cache);

    // Begins anew, with nothing to fetch.
    void clear();

    void add_id(u128 id) { ids_.push_back(id); }

    // Rows in memory are left out.
    void add_row(ledger::TransferRow row);

    void add_timestamp(std::uint64_t timestamp);

    Progress advance();

private:
    enum class Stage : std::uint8_t { candidates, index, rows, done };

    // A run that may have an id.
    struct Searched {
        u128 id_min = 0;
        u128 id_max = 0;
        const Run* run = nullptr;
    };

    // A page of a run where a key may be.
    struct Candidate {
        u128 id = 0;
        const Run* run = nullptr;
        std::uint32_t page = 0;
    };

    // A row to read, and what for.
    struct Wanted {
        enum class Why : std::uint8_t {
            id,         // it is to be fetched if it has this id
            failed_id,  // likewise, of the failed ids
            row,        // it is to be fetched
            timestamp,  // whether a row of the page has this timestamp
        };

        Why why{};
        u128 id = 0;
        std::uint64_t timestamp = 0;
        std::uint32_t page = 0;  // of its table
        std::uint32_t row = 0;
    };

    void prepare_runs();
    void find_candidates();
    void add_candidates(u128 id);
    void search(const Candidate& candidate, std::span<const std::byte> page);
    void use(const Wanted& wanted, std::span<const std::byte> page);
    void want_row(Wanted::Why why, u128 id, std::uint32_t row);
    const RowTable& table_of(Wanted::Why why) const;

    LedgerStore& store_;
    storage::PageCache& cache_;
    PageWalk walk_;
    Stage stage_ = Stage::done;
    std::vector<u128> ids_;
    std::vector<RunRef> runs_;  // keeps what the rest points to
    std::vector<Searched> searched_;
    u128 id_min_ = 0;  // over all runs
    u128 id_max_ = 0;
    std::vector<Candidate> candidates_;
    std::vector<Wanted> wanted_;
};

}  // namespace elytra::engine
