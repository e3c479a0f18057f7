#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/engine/candidates.hpp"
#include "server/engine/intersection.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/query.hpp"
#include "server/engine/result_writer.hpp"
#include "server/engine/row_reader.hpp"
#include "server/engine/transfer_selection.hpp"

namespace elytra::engine {

// The selected transfers of the page store, in order. The shortest list of an index names
// candidates, block by block; lists of others remove some of them, where reading these lists costs
// less than reading the rows; what is left is read and compared with all that was asked for.
class StoredTransfers {
public:
    // The selection outlives it.
    StoredTransfers(const QuerySource& source, const TransferSelection& selection);

    // Adds what it finds until the writer is full or there is no more.
    Progress advance(ResultWriter& results);

private:
    enum class Stage : std::uint8_t { begin, candidates, intersections, rows, done };

    static constexpr std::uint32_t block_size_min = 64;
    static constexpr std::uint32_t block_size_max = 8192;
    // Between two groups of reads fewer reads are in flight, so they are not too small.
    static constexpr std::uint32_t rows_ahead_max = 1024;

    void choose_terms(const RowRange& rows);
    Progress finish_stage(ResultWriter& results);
    Stage next_stage() const;
    void begin_block(const ResultWriter& results);
    Progress intersect();
    bool is_worth_reading(const Intersection& intersection);
    Progress read_rows(ResultWriter& results);

    QuerySource source_;
    const TransferSelection& selection_;
    std::optional<Candidates> candidates_;
    std::vector<Intersection> intersections_;  // the shortest list first
    RowReader<TransferRecord> reader_;

    Stage stage_ = Stage::begin;
    std::vector<std::uint32_t> block_;
    std::uint32_t block_size_ = 0;
    std::size_t intersection_ = 0;  // the one that is due
    bool intersecting_ = false;
    std::size_t position_ = 0;    // rows of the block before it are read
    std::size_t rows_ahead_ = 0;  // that are being read
    bool reading_ = false;
    std::vector<PageRows> row_pages_;
};

}  // namespace elytra::engine
