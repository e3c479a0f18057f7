#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/storage/journal.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/memory_disk.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

const Limits limits = limits_tiny();

// What must come back: the checksum of op i + 1 at index i, as far as it was ever appended.
struct Model {
    std::vector<u128> checksums;
    std::uint64_t acknowledged = 0;
};

// Everything acknowledged is there, nothing that was never appended, and no op is skipped.
void check_recovered(const Model& model, Journal& journal) {
    const std::uint64_t head = journal.head().value;
    CHECK(head >= model.acknowledged);
    REQUIRE(head <= model.checksums.size());
    const RecoveryReport& report = journal.report();
    REQUIRE(report.prepares.size() <= head);
    for (const RecoveredPrepare& prepare : report.prepares) {
        CHECK(prepare.checksum == model.checksums[prepare.op.value - 1]);
    }
}

template <class Visit>
void for_all_fates(std::size_t writes, Visit visit) {
    std::vector<WriteFate> fates(writes, WriteFate::kept);
    while (true) {
        visit(fates);
        std::size_t place = 0;
        while (place < writes && fates[place] == WriteFate::torn) fates[place++] = WriteFate::kept;
        if (place == writes) return;
        fates[place] = static_cast<WriteFate>(static_cast<std::uint8_t>(fates[place]) + 1);
    }
}

// Appends records of these body sizes, a few at a time, and stops after so many completions.
void run_until(LogWorld& world, Model& model, const std::vector<std::uint32_t>& body_sizes,
               std::size_t completions, MemoryDisk& disk) {
    std::size_t appended = 0;
    const auto append_some = [&](std::size_t count) {
        for (; count > 0 && appended < body_sizes.size(); --count, ++appended) {
            model.checksums.push_back(world.append(body_sizes[appended], appended));
        }
        world.submit();
    };
    append_some(2);
    for (std::size_t i = 0; i < completions && disk.in_flight() > 0; ++i) {
        world.complete_any();
        append_some(1);
    }
    model.acknowledged = world.journal().op_durable().value;
}

}  // namespace

TEST_CASE(
    "whatever becomes of the writes in flight, every acknowledged op and no other comes back") {
    const std::vector<std::vector<std::uint32_t>> scripts = {
        {0, 100, 200, 300}, {9000, 0, 5000}, {3072, 3073, 16128, 1}};
    for (const std::vector<std::uint32_t>& script : scripts) {
        for (std::size_t completions = 0; completions < 8; ++completions) {
            for (std::uint64_t seed = 0; seed < 3; ++seed) {
                MemoryDisk disk = formatted_disk(limits, seed);
                LogWorld world(limits, disk);
                REQUIRE(world.recover() == JournalStatus::ready);
                Model model;
                run_until(world, model, script, completions, disk);
                for_all_fates(disk.writes_at_risk(), [&](const std::vector<WriteFate>& fates) {
                    CAPTURE(completions);
                    CAPTURE(seed);
                    MemoryDisk crashed = disk;
                    crashed.crash(fates);
                    LogWorld after(limits, crashed);
                    REQUIRE(after.recover() == JournalStatus::ready);
                    check_recovered(model, after.journal());
                });
            }
        }
    }
}

TEST_CASE("a recovered op stays even if nothing else happens before the next crash") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        MemoryDisk disk = formatted_disk(limits, seed);
        Model model;
        {
            LogWorld world(limits, disk);
            REQUIRE(world.recover() == JournalStatus::ready);
            run_until(world, model, {100, 5000, 100, 100}, seed % 6, disk);
        }
        disk.crash();
        std::uint64_t head = 0;
        for (int restart = 0; restart < 4; ++restart) {
            LogWorld world(limits, disk);
            REQUIRE(world.recover() == JournalStatus::ready);
            if (restart > 0) CHECK(world.journal().head() == Op{head});
            head = world.journal().head().value;
        }
        // Its closing evidence vouches for every recovered record: damage is no torn tail any more.
        if (head == 0) continue;
        LogWorld world(limits, disk);
        REQUIRE(world.recover() == JournalStatus::ready);
        const Lsn lsn = world.journal().report().prepares.back().lsn;
        disk.wreck(layout_of(limits).log_place(lsn), sector_size);
        LogWorld damaged(limits, disk);
        CHECK(damaged.recover() == JournalStatus::refused);
    }
}

TEST_CASE("restarting may itself be interrupted anywhere") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        MemoryDisk disk = formatted_disk(limits, seed);
        Model model;
        {
            LogWorld world(limits, disk);
            REQUIRE(world.recover() == JournalStatus::ready);
            run_until(world, model, {0, 5000, 100, 0, 7}, prng.below(8), disk);
        }
        disk.crash();
        for (int attempt = 0; attempt < 3; ++attempt) {
            IoQueue io;
            Journal journal(limits, log_identity_of_tests, io);
            journal.recover({});
            disk.submit(io);
            for (std::uint64_t i = prng.below(8); i > 0 && disk.in_flight() > 0; --i) {
                const MemoryDisk::Completion completion = disk.complete_any();
                journal.on_io_done(completion.token, completion.status);
                disk.submit(io);
            }
            disk.crash();
        }
        LogWorld after(limits, disk);
        REQUIRE(after.recover() == JournalStatus::ready);
        check_recovered(model, after.journal());
    }
}

TEST_CASE("many lives of crashing, recovering, checkpointing and going on lose nothing") {
    for (std::uint64_t seed = 100; seed < 112; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        MemoryDisk disk = formatted_disk(limits, seed);
        Model model;
        JournalStart start;
        for (std::uint64_t life = 0; life < 60; ++life) {
            CAPTURE(life);
            LogWorld world(limits, disk);
            REQUIRE(world.recover(start) == JournalStatus::ready);
            Journal& journal = world.journal();
            check_recovered(model, journal);
            model.checksums.resize(journal.head().value);
            for (std::uint64_t steps = prng.below(30); steps > 0; --steps) {
                const std::uint32_t body_size = static_cast<std::uint32_t>(
                    prng.chance(1, 3) ? prng.below(16000) : prng.below(300));
                if (journal.space_available(wire::header_size + body_size)) {
                    model.checksums.push_back(world.append(body_size, prng.next()));
                    world.submit();
                }
                if (disk.in_flight() > 0 && prng.chance(2, 3)) world.complete_any();
                const std::uint64_t durable = journal.op_durable().value;
                if (durable > start.checkpoint_op.value + 3 && prng.chance(1, 3)) {
                    start.checkpoint_op = Op{durable - prng.below(3)};
                    start.checkpoint_checksum = model.checksums[start.checkpoint_op.value - 1];
                    start.tail = journal.lsn_after(start.checkpoint_op);
                    journal.release(start.tail);
                }
            }
            model.acknowledged = journal.op_durable().value;
            disk.crash();
        }
        CHECK(model.acknowledged > 100);
    }
}
