#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "server/storage/checkpoint_store.hpp"
#include "tests/support/page_store_world.hpp"

// Crash-point sweep: the power fails after every completed I/O of a run of checkpoints, and
// whatever was not flushed is kept, lost or torn in many patterns. The committed checkpoints have
// to open with exactly their contents from every image.

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr std::uint64_t size_limit = 64U << 20;

using Fates = std::vector<WriteFate>;

// All kept, all lost, all torn; each single one lost, kept alone or torn.
std::vector<Fates> crash_patterns(std::size_t writes) {
    using enum WriteFate;
    std::vector<Fates> patterns = {Fates(writes, kept), Fates(writes, dropped),
                                   Fates(writes, torn)};
    for (std::size_t i = 0; i < writes; ++i) {
        for (const auto& [single, others] :
             {std::pair(dropped, kept), std::pair(kept, dropped), std::pair(torn, kept)}) {
            patterns.emplace_back(writes, others);
            patterns.back()[i] = single;
        }
    }
    return patterns;
}

struct Roots {
    ManifestRoot newest;
    ManifestRoot previous;
};

struct Expected {
    Tables newest;
    Tables previous;
};

void check_opens(const MemoryDisk& image, const Limits& limits, const ManifestRoot& root,
                 const Tables& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = root;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected));
}

void check_image(const MemoryDisk& image, const Limits& limits, const Roots& roots,
                 const Expected& expected) {
    PageStoreWorld world(limits, size_limit, image);
    world.newest = roots.newest;
    world.previous = roots.previous;
    REQUIRE(world.open());
    REQUIRE(world.read_all() == content_of(expected.newest));
    check_opens(image, limits, roots.previous, expected.previous);

    // The half-written rest is no obstacle to the next checkpoint, nor that one to the two before.
    Tables next = expected.newest;
    next.push_back(
        {.id = 99, .growth = Growth::rewritten, .bytes = std::vector<std::byte>(30'000)});
    std::vector<Snapshot> snapshots = world.snapshots_of(next);
    world.write_ahead(snapshots.back());
    world.store->begin(Op{1000}, segments_of(snapshots));
    world.settle();
    const MemoryDisk& later = world.disk;
    check_opens(later, limits, world.store->root(), next);
    check_opens(later, limits, roots.newest, expected.newest);
    check_opens(later, limits, roots.previous, expected.previous);
}

// A run of checkpoints. Each has a table whose chunks were written ahead, from before the
// checkpoint before it begins until it begins itself.
class Run {
public:
    Run(std::uint64_t seed, const Limits& limits)
        : limits_(limits), prng_(seed), world_(limits, size_limit, MemoryDisk(seed)) {
        REQUIRE(world_.open());
    }

    // With a crash at every point; the result is the number of images.
    std::size_t sweep() {
        Table ahead_table = next_ahead_table(1);
        Snapshot ahead(ahead_table, limits_.chunk_size);
        for (std::uint64_t op = 1; op <= checkpoints; ++op) {
            finish(ahead);
            Tables tables = next_tables();
            std::vector<Snapshot> snapshots = world_.snapshots_of(tables);
            tables.push_back(std::exchange(ahead_table, next_ahead_table(op + 1)));
            snapshots.push_back(std::exchange(ahead, Snapshot(ahead_table, limits_.chunk_size)));
            write_checkpoint(Op{op}, segments_of(snapshots), ahead);
            check_image(world_.disk, limits_, {world_.store->root(), world_.newest},
                        {tables, durable_.newest});
            world_.commit();
            durable_ = {tables, durable_.newest};
        }
        return images_;
    }

private:
    static constexpr std::uint64_t checkpoints = 5;

    void finish(Snapshot& ahead) {
        do crash_everywhere();
        while (step_ahead(ahead, true));
        REQUIRE(ahead.settled());
    }

    void write_checkpoint(Op op, const std::vector<Segment>& segments, Snapshot& next_ahead) {
        world_.store->begin(op, segments);
        bool goes_on = true;
        while (goes_on) {
            crash_everywhere();
            goes_on = step_ahead(next_ahead, prng_.chance(1, 3));
        }
        REQUIRE(world_.store->written());
    }

    bool step_ahead(Snapshot& ahead, bool write) {
        if (write) ahead.write_ahead(*world_.store);
        const bool stepped = world_.step_any();
        while (const auto written = world_.store->next_written()) ahead.on_written(*written);
        return stepped;
    }

    void crash_everywhere() {
        world_.submit();
        for (const Fates& fates : crash_patterns(world_.disk.writes_at_risk())) {
            MemoryDisk image = world_.disk;
            image.crash(fates);
            check_image(image, limits_, {world_.newest, world_.previous}, durable_);
            ++images_;
        }
    }

    Table next_ahead_table(std::uint64_t op) {
        const std::vector<std::byte> bytes = random_bytes(prng_, prng_.between(1, 5 * sector_size));
        return {.id = narrow<std::uint32_t>(100 + op),
                .bytes = bytes,
                .chunk_sizes = random_sizes(prng_, bytes.size(), limits_.chunk_size)};
    }

    // Rows that grow, a table that is rewritten, sometimes one that comes and goes, and mostly the
    // table that was written ahead of the newest checkpoint.
    Tables next_tables() {
        Tables tables = durable_.newest;
        if (tables.empty()) tables = {{.id = 1, .bytes = {}}, {.id = 2, .bytes = {}}};
        const std::vector<std::byte> rows = random_bytes(prng_, prng_.below(3 * sector_size));
        tables[0].bytes.insert(tables[0].bytes.end(), rows.begin(), rows.end());
        tables[1] = {.id = 2,
                     .growth = Growth::rewritten,
                     .bytes = random_bytes(prng_, prng_.below(4 * sector_size))};
        const bool keep_last = tables.size() > 2 && prng_.chance(2, 3);
        tables.erase(tables.begin() + 2, tables.end() - (keep_last ? 1 : 0));
        if (prng_.chance(1, 2)) {
            tables.push_back(
                {.id = 3, .growth = Growth::rewritten, .bytes = random_bytes(prng_, 100)});
        }
        return tables;
    }

    Limits limits_;
    Prng prng_;
    PageStoreWorld world_;
    Expected durable_;
    std::size_t images_ = 0;
};

}  // namespace

TEST_CASE("a crash at any point leaves both committed checkpoints complete") {
    Limits limits = limits_page_store();
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        CAPTURE(seed);
        limits.chunk_writes_max = narrow<std::uint32_t>(seed + 1);
        CHECK(Run(seed, limits).sweep() > 2000);
    }
}
