#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/job.hpp"
#include "server/common/limits.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/generation.hpp"
#include "server/forest/pair.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::engine {

// The smallest and the largest of some ids.
struct IdRange {
    u128 min = u128_max;
    u128 max = 0;

    void include(u128 id) {
        min = std::min(min, id);
        max = std::max(max, id);
    }
};

// The entries of an index for the rows of a generation, in order of rows. The range is that of the
// ids, if it is an index of ids.
IdRange extract_pairs(const Generation& generation, IndexId index,
                      std::vector<forest::Pair>& pairs);

// Builds the run of one index over the rows of a generation.
class IndexJob final : public Job {
public:
    explicit IndexJob(const Limits& limits);

    // Requires: `generation` stays as it is until the job has run.
    void begin(const Generation& generation, IndexId index, std::uint32_t segment);

    // Memory for chunks to come, and for how many more it would be of use. Requires: not running.
    void add_memory(std::vector<SectorBuffer> memory);

    std::size_t memory_wanted() const { return memory_max - std::min(memory_max, memory_.size()); }

    void run() override;

    struct Made {
        std::unique_ptr<Run> run;  // without references of chunks; null if it would have no pairs
        std::vector<forest::BuiltChunk> pages;
        std::vector<forest::BuiltChunk> tail;
    };

    Made take();

private:
    static constexpr std::size_t memory_max = 2;

    void describe(Run& run, const IdRange& ids) const;
    void write(Run& run);
    void write_tail(const Run& run);

    const std::uint32_t page_size_;
    const std::uint32_t chunk_size_;
    const Generation* generation_ = nullptr;
    IndexId index_{};
    std::uint32_t segment_ = 0;
    std::vector<forest::Pair> pairs_;
    std::vector<forest::Pair> scratch_;
    std::vector<SectorBuffer> memory_;
    Made made_;
};

}  // namespace elytra::engine
