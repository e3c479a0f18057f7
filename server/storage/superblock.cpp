#include "server/storage/superblock.hpp"

#include <algorithm>
#include <optional>

#include "server/common/assert.hpp"

namespace elytra::storage {

namespace {

constexpr std::uint32_t verified_copies_min = 3;

SuperblockFailure to_failure(QuorumFailure failure) {
    switch (failure) {
        case QuorumFailure::none_intact:
            return SuperblockFailure::not_a_data_file;
        case QuorumFailure::no_quorum:
            return SuperblockFailure::no_quorum;
        case QuorumFailure::conflicting_copies:
            return SuperblockFailure::conflicting_copies;
        case QuorumFailure::broken_chain:
            return SuperblockFailure::broken_chain;
    }
    ELYTRA_ASSERT(false);
    return SuperblockFailure::none;
}

void assert_forward(const SuperblockState& before, const SuperblockState& after) {
    ELYTRA_ASSERT(after.identity == before.identity);
    ELYTRA_ASSERT(after.log_size == before.log_size);
    ELYTRA_ASSERT(after.evidence_sectors == before.evidence_sectors);
    ELYTRA_ASSERT(after.view >= before.view);
    ELYTRA_ASSERT(after.log_view >= before.log_view);
    ELYTRA_ASSERT(after.view_floor >= before.view_floor);
    ELYTRA_ASSERT(after.commit_max >= before.commit_max);
    ELYTRA_ASSERT(after.log_tail >= before.log_tail);
    ELYTRA_ASSERT(after.checkpoint.op >= before.checkpoint.op);
}

}  // namespace

Superblock::Superblock(const Limits& limits, IoQueue& io)
    : limits_(limits), layout_(layout_of(limits)), io_(io) {
    for (SectorBuffer& buffer : buffers_) buffer = SectorBuffer(superblock_copy_size);
}

void Superblock::open() {
    ELYTRA_ASSERT(status_ == SuperblockStatus::closed);
    status_ = SuperblockStatus::opening;
    read_copies(Step::opening_read);
}

std::uint64_t Superblock::update(const SuperblockState& next) {
    ELYTRA_ASSERT(status_ == SuperblockStatus::open || status_ == SuperblockStatus::updating);
    assert_forward(newest(), next);
    queued_ = next;
    has_queued_ = true;
    if (status_ == SuperblockStatus::open) {
        start_update();
        return writing_.sequence;
    }
    return writing_.sequence + 1;
}

const SuperblockState& Superblock::current() const {
    ELYTRA_ASSERT(status_ == SuperblockStatus::open || status_ == SuperblockStatus::updating);
    return current_;
}

const SuperblockState& Superblock::newest() const {
    if (has_queued_) return queued_;
    return status_ == SuperblockStatus::updating ? writing_ : current();
}

void Superblock::on_io_done(IoToken token, IoStatus status) {
    ELYTRA_ASSERT(token.owner == IoOwner::superblock);
    ELYTRA_ASSERT(status == IoStatus::ok);  // the copies were allocated by format
    ELYTRA_ASSERT(io_in_flight_ > 0);
    --io_in_flight_;
    if (io_in_flight_ == 0) on_step_done();
}

void Superblock::on_step_done() {
    switch (step_) {
        case Step::idle:
            ELYTRA_ASSERT(false);
            return;
        case Step::opening_read:
            return choose();
        case Step::repairing_write:
            return repair_next();
        case Step::first_wave:
            step_ = Step::second_wave;
            write_copy(1);
            write_copy(3);
            return;
        case Step::second_wave:
            return read_copies(Step::verifying_read);
        case Step::repairing_read:
        case Step::verifying_read:
            return verify();
    }
}

void Superblock::read_copies(Step step) {
    step_ = step;
    for (std::uint32_t copy = 0; copy < superblock_copies; ++copy) {
        io_.push(Read{.offset = layout_.superblock_copy_offset(copy),
                      .bytes = buffers_[copy].bytes(),
                      .token = {IoOwner::superblock, copy}});
        ++io_in_flight_;
    }
}

void Superblock::write_copy(std::uint32_t copy) {
    const u128 checksum =
        encode_superblock_copy(writing_, static_cast<std::uint8_t>(copy), buffers_[copy].bytes());
    ELYTRA_ASSERT(writing_checksum_ == 0 || writing_checksum_ == checksum);
    writing_checksum_ = checksum;
    io_.push(Write{.offset = layout_.superblock_copy_offset(copy),
                   .bytes = buffers_[copy].bytes(),
                   .durability = Durability::durable,
                   .token = {IoOwner::superblock, copy}});
    ++io_in_flight_;
}

void Superblock::choose() {
    SuperblockViews views{};
    for (std::uint32_t place = 0; place < superblock_copies; ++place) {
        const auto copy = decode_superblock_copy(buffers_[place].bytes());
        if (copy.has_value()) {
            views[place] = SuperblockView{.intact = true,
                                          .at_home = copy->copy_number == place,
                                          .sequence = copy->state.sequence,
                                          .checksum = copy->checksum,
                                          .parent_checksum = copy->state.parent_checksum};
        } else if (copy.error().kind == SuperblockDecodeError::Kind::unknown_version) {
            found_version_ = copy.error().version;
            return fail(SuperblockFailure::unsupported_version);
        }
    }
    const auto chosen = choose_superblock(views);
    if (!chosen.has_value()) return fail(to_failure(chosen.error()));
    writing_ = decode_superblock_copy(buffers_[*chosen].bytes())->state;
    if (writing_.log_size != limits_.log_size ||
        writing_.evidence_sectors != limits_.evidence_sectors) {
        return fail(SuperblockFailure::other_layout);
    }
    writing_checksum_ = views[*chosen].checksum;
    repairs_ = superblock_repairs(views, *chosen);
    repairs_done_ = 0;
    repair_next();
}

void Superblock::repair_next() {
    if (repairs_done_ == repairs_.size()) return read_copies(Step::repairing_read);
    step_ = Step::repairing_write;
    write_copy(repairs_[repairs_done_++]);
}

void Superblock::start_update() {
    ELYTRA_ASSERT(has_queued_);
    writing_ = queued_;
    has_queued_ = false;
    writing_.sequence = current_.sequence + 1;
    writing_.parent_checksum = current_checksum_;
    writing_checksum_ = 0;
    status_ = SuperblockStatus::updating;
    step_ = Step::first_wave;
    write_copy(0);
    write_copy(2);
}

void Superblock::verify() {
    const auto verified = std::ranges::count_if(buffers_, [this](const SectorBuffer& buffer) {
        const auto copy = decode_superblock_copy(buffer.bytes());
        return copy.has_value() && copy->checksum == writing_checksum_;
    });
    if (verified < std::ptrdiff_t{verified_copies_min}) {
        return fail(SuperblockFailure::not_verified);
    }
    current_ = writing_;
    current_checksum_ = writing_checksum_;
    status_ = SuperblockStatus::open;
    step_ = Step::idle;
    if (has_queued_) start_update();
}

void Superblock::fail(SuperblockFailure failure) {
    status_ = SuperblockStatus::failed;
    failure_ = failure;
    step_ = Step::idle;
    has_queued_ = false;
}

}  // namespace elytra::storage
