#include "server/inspect/grid_check.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/inspect/session_report.hpp"
#include "server/inspect/superblock_report.hpp"
#include "server/inspect/table_list.hpp"
#include "server/wire/objects.hpp"
#include "tests/support/disk_bytes.hpp"
#include "tests/support/replica_driver.hpp"
#include "tests/support/scripted_client.hpp"

using namespace elytra;
using namespace elytra::inspect;
using elytra::test::DiskBytes;
using elytra::test::MemoryDisk;
using elytra::test::ReplicaDriver;
using elytra::test::ReplicaPools;
using elytra::test::ScriptedClient;
using wire::Operation;
using wire::Transfer;

namespace {

constexpr Limits limits = limits_tiny();
constexpr std::uint64_t account_count = 20;
constexpr std::uint64_t transfers_per_request = 20;

template <class T>
std::span<const std::byte> body_of(const std::vector<T>& events) {
    return std::as_bytes(std::span(events));
}

// Transfers of every kind: plain, pending with and without timeout, resolved, and failed ones whose
// ids have to be remembered.
std::vector<Transfer> make_transfers(std::uint64_t first, Prng& prng) {
    std::vector<Transfer> events;
    for (std::uint64_t i = 0; i < transfers_per_request; ++i) {
        const std::uint64_t debit = 1 + prng.below(account_count);
        Transfer transfer{.id = first + i,
                          .debit_account_id = debit,
                          .credit_account_id = 1 + debit % account_count,
                          .amount = prng.below(100),
                          .user_data_128 = prng.below(3),
                          .user_data_64 = prng.below(3),
                          .user_data_32 = static_cast<std::uint32_t>(prng.below(3)),
                          .ledger = 1,
                          .code = static_cast<std::uint16_t>(1 + prng.below(5))};
        if (i % 4 == 1) {
            transfer.flags = wire::transfer_flags::pending;
            transfer.timeout = static_cast<std::uint32_t>(prng.below(3));
        } else if (i % 8 == 2) {
            transfer.flags = wire::transfer_flags::post_pending_transfer;
            transfer.pending_id = first + i - 1;
            transfer.amount = u128_max;
        } else if (i % 8 == 7) {
            transfer.debit_account_id = 9999;
        }
        events.push_back(transfer);
    }
    return events;
}

// A file with two checkpoints, merged runs among them, and operations behind them.
MemoryDisk make_disk() {
    ReplicaPools pools(limits);
    MemoryDisk disk(1);
    test::format(disk, limits);
    ReplicaDriver driver(disk, pools, {.limits = limits});
    REQUIRE(driver.open() == vsr::ReplicaStatus::normal);
    ScriptedClient client{ClientId{5}};
    const auto call = [&](wire::MessageRef message) {
        driver.deliver(std::move(message));
        driver.settle();
        driver.advance(500'000'000);
        driver.settle();
        for (const vsr::ClientMessage& sent : driver.take_sent()) {
            client.take(sent.message->header<wire::ReplyHeader>());
        }
    };
    call(client.make_register(pools.requests));
    std::vector<wire::Account> accounts;
    for (std::uint64_t i = 0; i < account_count; ++i) {
        accounts.push_back({.id = i + 1, .ledger = 1, .code = 1});
    }
    call(client.make_request(pools.requests, Operation::create_accounts_unbatched,
                             body_of(accounts)));
    Prng prng(7);
    for (std::uint64_t request = 0; request < 60; ++request) {
        call(client.make_request(pools.requests, Operation::create_transfers_unbatched,
                                 body_of(make_transfers(1 + request * 100, prng))));
    }
    return disk;
}

const MemoryDisk& sound_disk() {
    static const MemoryDisk disk = make_disk();
    return disk;
}

Checkpoints checkpoints_of(DiskBytes& source) {
    const SuperblockReport superblock = read_superblock(source, limits);
    REQUIRE(superblock.failure == storage::SuperblockFailure::none);
    return read_checkpoints(source, limits, superblock.state().checkpoint);
}

// All that integrity finds in the page store.
std::vector<Damage> damages_of(const MemoryDisk& disk, std::uint64_t seed = 0) {
    DiskBytes source(disk);
    const Checkpoints checkpoints = checkpoints_of(source);
    GridCheck check(source, limits, checkpoints, {.seed = seed});
    while (check.step()) continue;
    std::vector<Damage> damages = check.take_damages();
    for (const ManifestReport* manifest : {&checkpoints.newest, &checkpoints.previous}) {
        if (!manifest->manifest.has_value()) continue;
        Content content(source, limits, *manifest);
        content.damages().clear();
        check_session_chunks(content);
        for (const SessionEntry& entry : read_sessions(content, limits)) read_reply(content, entry);
        damages.insert(damages.end(), content.damages().begin(), content.damages().end());
    }
    return damages;
}

}  // namespace

TEST_CASE("inspect: checkpoints of a server are sound, whatever the order of chunks") {
    DiskBytes source(sound_disk());
    const Checkpoints checkpoints = checkpoints_of(source);
    REQUIRE(checkpoints.newest.manifest.has_value());
    REQUIRE(checkpoints.previous.manifest.has_value());
    Content content(source, limits, checkpoints.newest);
    REQUIRE(content.catalog().has_value());
    for (const engine::CatalogImage::Table& table : content.catalog()->tables) {
        CHECK(table.row_count > 0);
    }
    CHECK(
        std::ranges::any_of(content.catalog()->runs, [](const auto& run) { return run.tier > 0; }));
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const std::vector<Damage> damages = damages_of(sound_disk(), seed);
        for (const Damage& damage : damages) MESSAGE(damage.address, ": ", damage.what);
        CHECK(damages.empty());
    }
}

TEST_CASE("inspect: damage anywhere in what checkpoints use is found where it is") {
    DiskBytes source(sound_disk());
    const Checkpoints checkpoints = checkpoints_of(source);
    std::vector<storage::Extent> extents = extents_of(checkpoints.newest);
    std::ranges::copy(extents_of(checkpoints.previous), std::back_inserter(extents));
    Prng prng(3);
    for (const storage::Extent& extent : extents) {
        const std::uint64_t offset = extent.offset + prng.below(extent.size);
        CAPTURE(offset);
        MemoryDisk disk = sound_disk();
        disk.flip_bit(offset, 2);
        const std::vector<Damage> damages = damages_of(disk);
        CHECK(std::ranges::any_of(damages, [offset](const Damage& damage) {
            return damage.offset <= offset && offset < damage.offset + damage.size;
        }));
    }
}

TEST_CASE("inspect: any bytes can stand where checkpoints should be") {
    const storage::Layout layout = storage::layout_of(limits);
    const std::uint64_t size = sound_disk().bytes().size() - layout.page_store_offset;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        MemoryDisk disk = sound_disk();
        Prng prng(seed);
        for (std::uint64_t i = prng.below(4); i < 4; ++i) {
            const std::uint64_t from = prng.below(size);
            const std::uint64_t count =
                1 + prng.below(std::min<std::uint64_t>(size - from, 20'000));
            disk.wreck(layout.page_store_offset + from, count);
        }
        damages_of(disk);
        DiskBytes source(disk);
        const Checkpoints checkpoints = checkpoints_of(source);
        if (!checkpoints.newest.manifest.has_value()) continue;
        Content content(source, limits, checkpoints.newest);
        if (!content.catalog().has_value()) continue;
        for (const Tree& tree : trees) {
            list_chunks(source, limits, checkpoints, content, tree, std::nullopt);
        }
    }
}

TEST_CASE("inspect: the chunks of a tree are all there, and the log has what comes after them") {
    DiskBytes source(sound_disk());
    const Checkpoints checkpoints = checkpoints_of(source);
    Content content(source, limits, checkpoints.newest);
    const engine::CatalogImage& catalog = *content.catalog();
    for (const Tree& tree : trees) {
        CAPTURE(tree.name);
        std::uint64_t values = 0;
        for (const TableChunk& chunk :
             list_chunks(source, limits, checkpoints, content, tree, std::nullopt)) {
            if (chunk.part != "pages" && chunk.part != "image") continue;
            values += chunk.values;
            if (chunk.part == "pages") CHECK(chunk.key_max >= chunk.key_min);
        }
        std::uint64_t expected = catalog.account_count;
        if (tree.kind == TreeKind::rows) {
            expected = catalog.tables[static_cast<std::size_t>(tree.table)].row_count;
        } else if (tree.kind == TreeKind::index) {
            expected = 0;
            for (const engine::CatalogImage::Run& run : catalog.runs) {
                if (run.index == tree.index) expected += run.pair_count;
            }
        }
        CHECK(values == expected);
    }
    const storage::SuperblockState superblock = read_superblock(source, limits).state();
    const auto in_log = list_log(source, limits, superblock, *find_tree("transfers"));
    for (const TableChunk& chunk : in_log) {
        CHECK(chunk.op > superblock.checkpoint.op.value);
        CHECK(chunk.values == transfers_per_request);
    }
}
