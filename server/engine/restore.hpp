#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/reader.hpp"

namespace elytra::engine {

enum class RestoreStatus : std::uint8_t {
    idle,
    reading,
    done,
    damaged,       // a chunk or page does not match its checksum: fault() tells
    inconsistent,  // every checksum is right, but the content makes no sense
};

// Loads the newest checkpoint of the page store into an empty LedgerStore: the catalog with all
// fences and filters, accounts, statuses, and the pending transfers that can still expire. How much
// it reads follows from accounts, pending transfers and 0.5 % of the rows, not from the rows. Reads
// as IoOwner::state_restore; every chunk is verified against its reference, every page of an
// expiry run against its fence.
//
// Reads overlap, but what they bring is used in a fixed order: that of items_, which is made anew
// for each stage.
class Restore {
public:
    Restore(const Limits& limits, LedgerStore& store, storage::CheckpointStore& page_store,
            storage::IoQueue& io);

    // Requires: an open page store, idle. Without a checkpoint it is done at once.
    void start();

    void on_read(storage::IoToken token);

    RestoreStatus status() const { return status_; }

    // Requires: damaged.
    const storage::StoreFault& fault() const { return *fault_; }

private:
    enum class Stage : std::uint8_t { catalog, content, expiries };

    // What is read, in the order in which it is used. Several chunks can make one thing together.
    struct Item {
        enum class Kind : std::uint8_t {
            catalog,
            account_image,
            account_changes,
            statuses,
            fences,
            run_tail,
            expiry_pages,
        };

        Kind kind{};
        bool complete = true;     // the last chunk of a thing
        std::uint32_t which = 0;  // image, set of changes, table, run, or run of expiries
        std::uint32_t segment = 0;
        std::uint32_t index = 0;       // of the chunk in the segment, or of the first page
        storage::BlockRef block = {};  // of pages: without a checksum
    };

    // Memory of an item that has been asked for.
    struct Slot {
        SectorBuffer buffer;
        bool arrived = false;
    };

    static constexpr std::uint32_t reads_max = 64;
    static constexpr std::uint64_t chunks_ahead_max = 16;   // memory: so many full chunks
    static constexpr std::uint32_t piece_size = 64U << 10;  // of expiry pages read at once

    // All of these are false where the content makes no sense.
    [[nodiscard]] bool plan_content();
    [[nodiscard]] bool plan_accounts();
    [[nodiscard]] bool plan_statuses();
    [[nodiscard]] bool plan_table(std::size_t table);
    [[nodiscard]] bool plan_run(std::uint32_t number);
    [[nodiscard]] bool finish_content();
    void plan_expiries();
    void plan_expiries(std::uint32_t number);
    void share_runs();
    void add_chunks(Item item, std::span<const storage::BlockRef> chunks, std::uint32_t first);

    void advance();
    void ask();
    bool verify(const Item& item, std::span<const std::byte> bytes);
    bool verify_pages(const Item& item, std::span<const std::byte> bytes);
    void fail(const Item& item, storage::StoreFault::Part part);
    [[nodiscard]] bool use(const Item& item, std::span<const std::byte> bytes);
    [[nodiscard]] bool use_image(const Item& item, std::span<const std::byte> bytes);
    [[nodiscard]] bool use_whole(const Item& item);
    [[nodiscard]] bool use_changes(std::uint32_t which);
    [[nodiscard]] bool use_expiries(const Item& item, std::span<const std::byte> bytes);
    [[nodiscard]] bool finish_stage();
    void end(RestoreStatus status);

    const Limits limits_;
    LedgerStore& store_;
    storage::CheckpointStore& page_store_;
    storage::Reader reader_;  // tags are indexes of slots_
    RestoreStatus status_ = RestoreStatus::idle;
    std::optional<storage::StoreFault> fault_;

    Stage stage_{};
    std::vector<Item> items_;
    std::size_t asked_ = 0;  // items before it have a slot
    std::size_t used_ = 0;   // items before it are done with
    std::uint64_t bytes_ahead_ = 0;
    std::vector<Slot> slots_;          // of item i: i % reads_max
    std::vector<std::byte> assembly_;  // the chunks of a thing so far

    CatalogImage image_;
    Catalog catalog_;
    std::vector<std::unique_ptr<Run>> runs_;  // as in image_, until the catalog has them
};

}  // namespace elytra::engine
