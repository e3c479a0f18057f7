#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/common/job.hpp"
#include "server/common/limits.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/generation.hpp"
#include "server/forest/pair.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::engine {

// The entries of an index for the rows of a generation, in order of rows.
void extract_pairs(const Generation& generation, IndexId index, std::vector<forest::Pair>& pairs);

// Builds the run of one index over the rows of a generation.
class IndexJob final : public Job {
public:
    explicit IndexJob(const Limits& limits);

    // Requires: `generation` stays as it is until the job has run.
    void begin(const Generation& generation, IndexId index, std::uint32_t segment);

    void run() override;

    struct Made {
        std::shared_ptr<Run> run;  // without references of chunks; null if it would have no pairs
        std::vector<forest::BuiltChunk> pages;
        std::vector<forest::BuiltChunk> tail;
    };

    Made take();

private:
    void describe(Run& run) const;
    void write(Run& run);

    const std::uint32_t page_size_;
    const std::uint32_t chunk_size_;
    const Generation* generation_ = nullptr;
    IndexId index_{};
    std::uint32_t segment_ = 0;
    std::vector<forest::Pair> pairs_;
    std::vector<forest::Pair> scratch_;
    Made made_;
};

}  // namespace elytra::engine
