#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/common/limits.hpp"
#include "server/storage/formatter.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/journal.hpp"
#include "server/storage/superblock.hpp"
#include "server/wire/message.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::test {

inline constexpr storage::Identity identity_of_tests{
    .cluster = ClusterId{make_u128(7, 9)},
    .replica = ReplicaIndex{0},
    .replica_count = 1,
    .release = 1,
};

inline constexpr storage::LogIdentity log_identity_of_tests{identity_of_tests.cluster,
                                                            identity_of_tests.replica};

// Submits and completes I/O, in random order, until none is left.
template <class OnDone>
void drain(MemoryDisk& disk, storage::IoQueue& io, OnDone on_done) {
    disk.submit(io);
    while (disk.in_flight() > 0) {
        const MemoryDisk::Completion completion = disk.complete_any();
        on_done(completion.token, completion.status);
        disk.submit(io);
    }
}

// A disk with an empty data file on it.
MemoryDisk formatted_disk(const Limits& limits, std::uint64_t seed);

// A sealed prepare whose body is a function of `seed`. Requires: a pool that is not empty.
wire::MessageRef make_prepare(wire::MessagePool& pool, Op op, u128 parent, std::uint32_t body_size,
                              std::uint64_t seed);

// A journal over a disk that it does not own; being destroyed is what happens to a process that
// dies.
class LogWorld {
public:
    LogWorld(const Limits& limits, MemoryDisk& disk) : limits_(limits), disk_(disk) {}

    // Opens the journal at the place where the last checkpoint left it.
    storage::JournalStatus recover(const storage::JournalStart& start = {});

    // Appends the next op; returns the checksum of its prepare.
    u128 append(std::uint32_t body_size, std::uint64_t seed);

    // The I/O that the journal has asked for reaches the disk.
    void submit() { disk_.submit(io_); }

    // Completes one effect. Requires: something is in flight.
    void complete_any();

    void drain();

    // Reads an op back. Nothing else may be in flight.
    storage::JournalRead read(Op op);

    storage::Journal& journal() { return *journal_; }

private:
    const Limits limits_;
    MemoryDisk& disk_;
    storage::IoQueue io_;
    std::unique_ptr<wire::MessagePool> pool_;
    std::unique_ptr<storage::Journal> journal_;
};

}  // namespace elytra::test
