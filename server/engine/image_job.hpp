#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/common/job.hpp"
#include "server/common/limits.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/status_table.hpp"
#include "server/forest/pair_run.hpp"

namespace elytra::engine {

// Seals the images of accounts and statuses that a cut has copied, and encodes the changes of
// accounts.
class ImageJob final : public Job {
public:
    explicit ImageJob(const Limits& limits) : chunk_size_(limits.chunk_size) {}

    void begin(AccountTable::Cut accounts, std::vector<StatusTable::Image> statuses);

    void run() override;

    // Instead of chunk `number` of its segment, or behind its end.
    struct Image {
        std::uint32_t number = 0;
        forest::BuiltChunk chunk;
    };

    struct Made {
        std::vector<Image> accounts;  // ascending
        std::vector<Image> statuses;
        std::vector<forest::BuiltChunk> changes;
    };

    Made take();

private:
    const std::uint32_t chunk_size_;
    std::vector<AccountTable::Change> changes_;
    Made made_;
};

}  // namespace elytra::engine
