#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/records.hpp"
#include "server/forest/pair.hpp"

namespace elytra::inspect {

// Compares all indexes with the rows that they are about, in whatever order both are read: every
// run has exactly the pairs that its rows make. Keeps two sums for each run instead of pairs, so
// its memory does not depend on the rows.
//
// What a row makes is derived here once more, apart from the job that writes the runs: who verifies
// must not share the mistakes of who writes.
class IndexTally {
public:
    explicit IndexTally(const engine::CatalogImage& catalog);

    void add_transfer(std::uint32_t row, const engine::TransferRecord& record);
    void add_failed_id(std::uint32_t row, u128 id);

    // A pair of the run with this number in the catalog.
    void add_pair(std::uint32_t run, forest::Pair pair);

    // Rows or a run that cannot be read: the runs concerned are not compared.
    void skip_rows(engine::RowTableId table, std::uint32_t first, std::uint32_t count);
    void skip_run(std::uint32_t run);

    struct Difference {
        std::uint32_t run = 0;  // in the catalog
        std::string what;
    };

    // After all rows and pairs were added.
    std::vector<Difference> differences() const;

    // Rows that ought to be in an index and are in the range of no run of it.
    std::uint64_t uncovered() const { return uncovered_; }

private:
    struct Sum {
        std::uint64_t count = 0;
        std::uint64_t hashes = 0;  // modulo 2^64

        void add(forest::Pair pair);

        bool operator==(const Sum&) const = default;
    };

    struct RunSums {
        Sum rows;
        Sum pairs;
        bool id_out_of_range = false;
        bool skipped = false;
    };

    // Runs of one index, by rows.
    struct IndexRuns {
        std::uint32_t first = 0;  // in the catalog
        std::uint32_t count = 0;
    };

    // The run with this row; none if there is no such run.
    RunSums* find(engine::IndexId index, std::uint32_t row, std::uint32_t& number);
    void add(engine::IndexId index, forest::Pair pair);
    void add_id(engine::IndexId index, std::uint32_t row, u128 id);

    const engine::CatalogImage& catalog_;
    std::array<IndexRuns, engine::index_count> indexes_;
    std::vector<RunSums> sums_;  // by run
    std::uint64_t uncovered_ = 0;
};

}  // namespace elytra::inspect
