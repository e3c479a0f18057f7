#include "tests/support/log_world.hpp"

#include "server/common/assert.hpp"
#include "server/common/prng.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::test {

using namespace elytra::storage;

MemoryDisk formatted_disk(const Limits& limits, std::uint64_t seed) {
    MemoryDisk disk(seed);
    IoQueue io;
    Formatter formatter(limits, identity_of_tests, io);
    formatter.start();
    drain(disk, io, [&](IoToken token, IoStatus status) { formatter.on_io_done(token, status); });
    ELYTRA_ASSERT(formatter.status() == FormatStatus::done);
    return disk;
}

wire::MessageRef make_prepare(wire::MessagePool& pool, Op op, u128 parent, std::uint32_t body_size,
                              std::uint64_t seed) {
    wire::MessageRef message = pool.acquire();
    auto& header = message->header<wire::PrepareHeader>();
    header = wire::PrepareHeader{};
    header.frame.cluster = identity_of_tests.cluster.value;
    header.frame.size = wire::header_size + body_size;
    header.frame.command = static_cast<std::uint8_t>(wire::Command::prepare);
    header.parent = parent;
    header.op = op.value;
    header.timestamp = seed + 1;
    Prng prng(seed);
    for (std::byte& value : message->body_capacity().first(body_size)) {
        value = static_cast<std::byte>(prng.below(256));
    }
    wire::seal(header, message->body());
    return message;
}

JournalStatus LogWorld::recover(const JournalStart& start) {
    pool_ =
        std::make_unique<wire::MessagePool>(4 * limits_.pipeline_ops_max, limits_.message_size_max);
    journal_ = std::make_unique<Journal>(limits_, log_identity_of_tests, io_);
    journal_->recover(start);
    drain();
    return journal_->status();
}

u128 LogWorld::append(std::uint32_t body_size, std::uint64_t seed) {
    journal_->append(
        make_prepare(*pool_, journal_->head().next(), journal_->head_checksum(), body_size, seed));
    return journal_->head_checksum();
}

void LogWorld::complete_any() {
    submit();
    const MemoryDisk::Completion completion = disk_.complete_any();
    journal_->on_io_done(completion.token, completion.status);
    submit();
}

void LogWorld::drain() {
    test::drain(disk_, io_,
                [&](IoToken token, IoStatus status) { journal_->on_io_done(token, status); });
}

JournalRead LogWorld::read(Op op) {
    ELYTRA_ASSERT(disk_.in_flight() == 0);
    journal_->read(op, pool_->acquire());
    drain();
    std::optional<JournalRead> read = journal_->take_read();
    ELYTRA_ASSERT(read.has_value());
    return std::move(*read);
}

}  // namespace elytra::test
