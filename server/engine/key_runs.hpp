#pragma once

#include <cstdint>
#include <vector>

#include "server/engine/catalog.hpp"
#include "server/engine/time_rows.hpp"
#include "server/forest/page.hpp"
#include "server/forest/pair.hpp"

// Where the rows of a key are. Everything here is told by fences alone.
namespace elytra::engine {

struct IndexKey {
    IndexId index{};
    std::uint64_t key = 0;
};

// The runs of an index that cover some of a range of rows, and a key that is looked for in them.
// Holds the runs: a merge that replaces them in the catalog does not disturb who reads them.
struct KeyRuns {
    std::uint64_t key = 0;
    std::vector<RunRef> runs;  // by rows, ascending; rows between two runs have no pair

    KeyRuns(const Catalog& catalog, const IndexKey& wanted, const RowRange& rows);
};

struct PageRange {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
};

inline RowRange rows_of(const Run& run) { return {.first = run.row_first, .end = run.row_end}; }

RowRange overlap(const RowRange& left, const RowRange& right);

inline forest::Pair first_pair(const forest::Fence& fence) {
    return {.key = fence.first_key, .row = fence.first_row};
}

// The pages of a run that can have the key with one of the rows. All but the first do have it.
PageRange pages_of(const Run& run, std::uint64_t key, const RowRange& rows);

// How many of the rows a page of pages_of() has for the key, if all keys had about as many. At
// least 1.
std::uint64_t expected_rows(const Run& run, std::uint32_t page, std::uint64_t key,
                            const RowRange& rows);

// Likewise, of all runs; 0 only if there are none.
std::uint64_t expected_rows(const KeyRuns& key_runs, const RowRange& rows);

}  // namespace elytra::engine
