#include "server/storage/formatter.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/storage/log_format.hpp"

namespace elytra::storage {

namespace {

constexpr std::uint64_t zero_write_size_max = 1U << 20;
constexpr std::uint32_t zero_writes_in_flight = 4;

}  // namespace

Formatter::Formatter(const Limits& limits, const Identity& identity, IoQueue& io)
    : limits_(limits),
      layout_(layout_of(limits)),
      identity_(identity),
      io_(io),
      zeros_(std::min(zero_write_size_max, limits.log_size)),
      evidence_(layout_.evidence_size),
      superblock_(std::size_t{superblock_copies} * superblock_copy_size) {}

void Formatter::start(View view_floor) {
    ELYTRA_ASSERT(status_ == FormatStatus::idle);
    view_floor_ = view_floor;
    status_ = FormatStatus::formatting;
    step_ = Step::extend;
    io_.push(Extend{.size = layout_.page_store_offset, .token = {IoOwner::formatter, 0}});
    ++io_in_flight_;
}

void Formatter::on_io_done(IoToken token, IoStatus status) {
    ELYTRA_ASSERT(token.owner == IoOwner::formatter);
    ELYTRA_ASSERT(io_in_flight_ > 0);
    --io_in_flight_;
    if (status == IoStatus::no_space) status_ = FormatStatus::no_space;
    if (status_ == FormatStatus::no_space) return;
    if (step_ == Step::zones) write_log();
    if (io_in_flight_ == 0) on_step_done();
}

void Formatter::on_step_done() {
    switch (step_) {
        case Step::idle:
            ELYTRA_ASSERT(false);
            return;
        case Step::extend:
            return start_zones();
        case Step::zones:
            step_ = Step::flush_zones;
            io_.push(Flush{.token = {IoOwner::formatter, 0}});
            ++io_in_flight_;
            return;
        case Step::flush_zones:
            return start_superblock();
        case Step::superblock:
            step_ = Step::idle;
            status_ = FormatStatus::done;
            return;
    }
}

void Formatter::start_zones() {
    step_ = Step::zones;
    const LogIdentity log_identity{identity_.cluster, identity_.replica};
    for (std::uint32_t slot = 0; slot < limits_.evidence_sectors; ++slot) {
        const std::size_t offset = std::size_t{slot} * sector_size;
        encode_evidence(log_identity, evidence_as_formatted(slot),
                        evidence_.bytes().subspan(offset, sector_size));
    }
    push_write(layout_.evidence_offset, evidence_.bytes(), Durability::volatile_cache);
    write_log();
}

void Formatter::write_log() {
    while (log_written_ < layout_.log_size && io_in_flight_ < zero_writes_in_flight) {
        const std::uint64_t size =
            std::min<std::uint64_t>(zeros_.size(), layout_.log_size - log_written_);
        push_write(layout_.log_offset + log_written_, zeros_.bytes().first(size),
                   Durability::volatile_cache);
        log_written_ += size;
    }
}

void Formatter::start_superblock() {
    step_ = Step::superblock;
    SuperblockState state;
    state.identity = identity_;
    state.log_size = limits_.log_size;
    state.evidence_sectors = limits_.evidence_sectors;
    state.view_floor = view_floor_;
    state.sequence = 1;
    for (std::uint32_t copy = 0; copy < superblock_copies; ++copy) {
        const std::span<std::byte> bytes = superblock_.bytes().subspan(
            std::size_t{copy} * superblock_copy_size, superblock_copy_size);
        encode_superblock_copy(state, static_cast<std::uint8_t>(copy), bytes);
        push_write(layout_.superblock_copy_offset(copy), bytes, Durability::durable);
    }
}

void Formatter::push_write(std::uint64_t offset, std::span<const std::byte> bytes,
                           Durability durability) {
    io_.push(Write{.offset = offset,
                   .bytes = bytes,
                   .durability = durability,
                   .token = {IoOwner::formatter, 0}});
    ++io_in_flight_;
}

}  // namespace elytra::storage
