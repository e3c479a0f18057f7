#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "server/engine/key_runs.hpp"
#include "server/engine/time_rows.hpp"
#include "server/forest/pair_page.hpp"

namespace elytra::engine {

// The rows of one key within a range, in order, a few pages at a time: those that are read already
// are taken out one by one, the others are in pages that its owner fetches.
class KeyList {
public:
    KeyList(KeyRuns runs, const RowRange& rows, Order order)
        : runs_(std::move(runs)), left_(rows), order_(order) {}

    // ---- rows that are read ----

    bool empty() const { return taken_ == rows_.size(); }

    // Neither rows that are read nor others.
    bool exhausted() const { return empty() && left_.empty(); }

    // Requires: not empty.
    std::uint32_t front() const { return rows_[taken_]; }

    void drop_front() { ++taken_; }

    // ---- pages ----

    struct Page {
        const Run* run = nullptr;
        std::uint32_t number = 0;
    };

    // How many pages are read ahead at most, and how many rows are kept at most. A page can have
    // millions of consecutive rows of one key.
    static constexpr std::uint32_t pages_max = 256;
    static constexpr std::uint32_t rows_max = 8192;

    // Adds the next pages, where about so many rows are expected. Requires: empty, not exhausted.
    void plan(std::uint32_t rows_wanted, std::vector<Page>& pages);

    // Reads one of these pages; they come in order.
    void take(const Page& page, const forest::PairPage& pairs);

private:
    bool plan_run(const Run& run, std::vector<Page>& pages);
    void take_ascending(const Page& page, const forest::PairPage& pairs);
    void take_descending(const Page& page, const forest::PairPage& pairs);

    KeyRuns runs_;
    RowRange left_;  // not read yet
    Order order_;
    std::vector<std::uint32_t> rows_;
    std::size_t taken_ = 0;  // of rows_
    bool full_ = false;      // the rest of what was planned has to be planned again

    // What the last plan was for.
    std::uint32_t rows_wanted_ = 0;
    std::uint32_t rows_room_ = 0;
    std::uint32_t pages_room_ = 0;    // while planning
    std::uint64_t rows_missing_ = 0;  // likewise
    std::uint32_t pages_factor_ = 1;  // how many more are read ahead than expectation says
};

}  // namespace elytra::engine
