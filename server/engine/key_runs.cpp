#include "server/engine/key_runs.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/forest/pair_page.hpp"

namespace elytra::engine {

using forest::Fence;
using forest::Pair;

KeyRuns::KeyRuns(const Catalog& catalog, const IndexKey& wanted, const RowRange& rows)
    : key(wanted.key) {
    for (const RunRef& run : catalog.runs_of(wanted.index)) {
        if (!overlap(rows_of(*run), rows).empty()) runs.push_back(run);
    }
}

RowRange overlap(const RowRange& left, const RowRange& right) {
    return {.first = std::max(left.first, right.first), .end = std::min(left.end, right.end)};
}

PageRange pages_of(const Run& run, std::uint64_t key, const RowRange& rows) {
    if (run.fences.empty() || rows.empty()) return {};
    const Pair first{.key = key, .row = rows.first};
    const Pair last{.key = key, .row = rows.end - 1};
    if (first_pair(run.fences.front()) > last) return {};
    return {.first = forest::find_page(run.fences, first),
            .end = forest::find_page(run.fences, last) + 1};
}

std::uint64_t expected_rows(const Run& run, std::uint32_t page, std::uint64_t key,
                            const RowRange& rows) {
    const RowRange wanted = overlap(rows_of(run), rows);
    ELYTRA_ASSERT(!wanted.empty());
    const Fence& fence = run.fences[page];
    // Nothing tells where the last page of a run ends; most have several keys.
    const bool is_last = page + 1 == run.fences.size();
    const std::uint64_t key_last = is_last ? fence.first_key + 1 : run.fences[page + 1].first_key;
    if (fence.first_key == key_last) {
        ELYTRA_ASSERT(key_last == key);
        return std::clamp<std::uint64_t>(fence.count, 1, wanted.size());
    }
    // In 64 bits: counts and row numbers have 32.
    const std::uint64_t distance = key_last - fence.first_key;
    const std::uint64_t per_key = distance < fence.count ? fence.count / (distance + 1) : 1;
    return std::max<std::uint64_t>(per_key * wanted.size() / rows_of(run).size(), 1);
}

std::uint64_t expected_rows(const KeyRuns& key_runs, const RowRange& rows) {
    std::uint64_t sum = 0;
    for (const RunRef& run : key_runs.runs) {
        const PageRange pages = pages_of(*run, key_runs.key, rows);
        for (std::uint32_t page = pages.first; page < pages.end; ++page) {
            sum += expected_rows(*run, page, key_runs.key, rows);
        }
    }
    return sum;
}

}  // namespace elytra::engine
