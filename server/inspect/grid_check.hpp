#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/account_table.hpp"
#include "server/inspect/account_trail.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/damage.hpp"
#include "server/inspect/index_tally.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/page_check.hpp"

namespace elytra::inspect {

// Verifies all that the two newest checkpoints hold, except sessions and replies: every chunk,
// every page, and whether tables, indexes and accounts agree. First the parts that tell what the
// others are, then all other chunks, one with each step(). Memory follows from accounts, fences and
// filters, as in a server.
class GridCheck {
public:
    struct Options {
        std::uint64_t seed = 0;  // of the order of chunks
    };

    // All of them outlive the check.
    GridCheck(ByteSource& source, const Limits& limits, const Checkpoints& checkpoints,
              const Options& options);

    // Verifies one chunk. False: all are done, and so is the comparison of tables with indexes.
    bool step();

    std::size_t chunk_count() const { return work_.size(); }

    std::size_t chunks_done() const { return done_; }

    std::uint64_t bytes_done() const { return bytes_done_; }

    std::vector<Damage> take_damages();

private:
    struct Work {
        bool of_previous = false;
        std::uint32_t segment = 0;
        std::uint32_t chunk = 0;
        std::uint32_t first_page = 0;
        storage::BlockRef block;
    };

    void read_newest();
    bool read_accounts();
    bool read_images();
    bool read_changes();
    void check_segments();
    void plan(const ManifestReport& manifest, bool of_previous);
    void plan_segment(const ManifestReport& manifest, std::uint32_t segment, bool of_previous);
    bool has_read(const storage::BlockRef& chunk) const;
    void shuffle(std::uint64_t seed);
    void check_newest(const Work& work);
    std::uint32_t check_pages(const Work& work, std::span<const std::byte> bytes);
    void finish();

    const Limits& limits_;
    const Checkpoints& checkpoints_;
    std::vector<Damage> damages_;  // of manifests
    std::optional<Content> previous_;
    std::vector<Work> work_;
    std::size_t done_ = 0;
    std::uint64_t bytes_done_ = 0;
    bool finished_ = false;

    // Of the newest checkpoint.
    std::optional<Content> content_;
    std::array<std::optional<engine::RowTable>, engine::row_table_count> tables_;
    std::vector<std::optional<engine::Run>> runs_;  // as in the catalog
    engine::AccountTable accounts_;
    bool accounts_complete_ = false;
    std::optional<IndexTally> tally_;
    std::optional<AccountTrail> trail_;
    std::optional<PageCheck> pages_;
};

}  // namespace elytra::inspect
