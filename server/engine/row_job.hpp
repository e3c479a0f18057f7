#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/common/job.hpp"
#include "server/common/limits.hpp"
#include "server/engine/generation.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/page.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::engine {

// Turns the rows of a generation into pages, one chunk each time it runs: table by table, and for
// each table its fences behind its rows.
class RowJob final : public Job {
public:
    explicit RowJob(const Limits& limits);

    // Begins anew. `page_counts` tells how many pages each table has before.
    // Requires: `generation` stays as it is until done().
    void begin(const Generation& generation,
               const std::array<std::uint32_t, row_table_count>& page_counts);

    // Memory for chunks to come, and for how many more it would be of use. Requires: not running.
    void add_memory(std::vector<SectorBuffer> memory);

    std::size_t memory_wanted() const { return memory_max - std::min(memory_max, memory_.size()); }

    // All chunks were made.
    bool done() const { return table_ == row_table_count; }

    // Requires: not done(), and what the last run has made was taken.
    void run() override;

    struct Made {
        RowTableId table{};
        std::uint32_t row_count = 0;
        forest::BuiltChunk rows;
        std::vector<forest::BuiltChunk> fences;  // when these were the table's last rows
    };

    Made take();

    // Of all new pages of the table, when it is done.
    std::vector<forest::Fence>& fences(RowTableId table) {
        return fences_[static_cast<std::size_t>(table)];
    }

private:
    static constexpr std::size_t memory_max = 1;

    RowTableId table() const { return static_cast<RowTableId>(table_); }

    std::uint32_t rows_end() const;
    std::uint32_t rows_begin() const;
    std::uint64_t timestamp_of(std::uint32_t row) const;
    void add_row(std::uint32_t row);
    void start_table();
    void skip_empty_tables();
    void add_page();

    const std::uint32_t page_size_;
    const std::uint32_t chunk_size_;
    const Generation* generation_ = nullptr;
    std::array<std::uint32_t, row_table_count> page_counts_{};
    std::array<std::vector<forest::Fence>, row_table_count> fences_;
    std::size_t table_ = row_table_count;
    ColumnBatch batch_;             // rows that are not in a page yet
    std::uint32_t row_next_ = 0;    // the first one that is not in the batch
    std::uint32_t batch_size_ = 0;  // that a page is likely to need
    std::vector<SectorBuffer> memory_;
    Made made_;
};

}  // namespace elytra::engine
