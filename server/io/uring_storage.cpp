#include "server/io/uring_storage.hpp"

#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <sys/eventfd.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/fatal.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytra::io {

namespace {

// An errno, or 0. A slot has at most one entry in the submission queue, so there is always room.
int init_ring(io_uring& ring) {
    const int outcome = io_uring_queue_init(
        storage_operations_max, &ring,
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    if (outcome != -EINVAL) return -outcome;
    return -io_uring_queue_init(storage_operations_max, &ring, 0);
}

bool supports_all_operations(io_uring& ring) {
    const std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(
        io_uring_get_probe_ring(&ring), &io_uring_free_probe);
    if (!probe) return false;
    for (const int operation :
         {IORING_OP_READ, IORING_OP_WRITE, IORING_OP_FSYNC, IORING_OP_FALLOCATE, IORING_OP_NOP}) {
        if (io_uring_opcode_supported(probe.get(), operation) == 0) return false;
    }
    return true;
}

void fill(io_uring_sqe& entry, const IoStep& step) {
    switch (step.kind) {
        case IoStep::Kind::read:
            return io_uring_prep_read(&entry, step.descriptor, step.buffer,
                                      narrow<unsigned>(step.length), step.offset);
        case IoStep::Kind::write:
            return io_uring_prep_write(&entry, step.descriptor, step.buffer,
                                       narrow<unsigned>(step.length), step.offset);
        case IoStep::Kind::flush:
            return io_uring_prep_fsync(&entry, step.descriptor, IORING_FSYNC_DATASYNC);
        case IoStep::Kind::allocate:
            return io_uring_prep_fallocate(&entry, step.descriptor, 0, narrow<off_t>(step.offset),
                                           narrow<off_t>(step.length));
        case IoStep::Kind::nothing:
            return io_uring_prep_nop(&entry);
    }
}

}  // namespace

UringStorage::UringStorage(asio::io_context& loop, const DataFile& file, IoDone done)
    : file_(file), done_(std::move(done)), signal_(loop), slots_(storage_operations_max) {
    free_.reserve(slots_.size());
    for (std::uint32_t slot = 0; slot < storage_operations_max; ++slot) free_.push_back(slot);
    completions_.reserve(slots_.size());
}

// The kernel may write into buffers of the core until the last operation has completed.
UringStorage::~UringStorage() {
    if (!ring_open_) return;
    for (std::size_t pending = in_flight(); pending > 0;) {
        io_uring_cqe* entry = nullptr;
        if (io_uring_wait_cqe(&ring_, &entry) != 0) continue;
        io_uring_cqe_seen(&ring_, entry);
        --pending;
    }
    io_uring_queue_exit(&ring_);
}

Result<void, int> UringStorage::open() {
    ELYTRA_ASSERT(!ring_open_);
    if (const int os_error = init_ring(ring_); os_error != 0) return Unexpected(os_error);
    ring_open_ = true;
    if (!supports_all_operations(ring_)) return Unexpected(ENOSYS);
    FileDescriptor descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!descriptor.is_open()) return Unexpected(errno);
    if (const int outcome = io_uring_register_eventfd(&ring_, descriptor.get()); outcome < 0) {
        return Unexpected(-outcome);
    }
    ErrorCode error;
    signal_.assign(descriptor.get(), error);
    if (error) return Unexpected(error.value());
    descriptor.release();
    return {};
}

void UringStorage::submit(std::span<const storage::IoEffect> effects) {
    if (effects.empty()) return;
    for (const storage::IoEffect& effect : effects) {
        ELYTRA_ASSERT(!free_.empty());
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        slots_[slot] = IoProgress(effect, file_);
        queue(slot);
    }
    submit_queued();
    await_completions();
}

void UringStorage::queue(std::uint32_t slot) {
    io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
    ELYTRA_ASSERT(entry != nullptr);
    fill(*entry, slots_[slot].step());
    io_uring_sqe_set_data64(entry, slot);
}

void UringStorage::submit_queued() {
    while (io_uring_sq_ready(&ring_) > 0) {
        const int outcome = io_uring_submit(&ring_);
        if (outcome >= 0 || outcome == -EINTR || outcome == -EAGAIN) continue;
        fatal(ExitCode::storage_failed,
              fmt::format("io_uring refuses operations on data file {}: {}", file_.path(),
                          error_text(-outcome)));
    }
}

void UringStorage::await_completions() {
    if (waiting_ || in_flight() == 0) return;
    waiting_ = true;
    signal_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](ErrorCode error) { on_signal(error); });
}

void UringStorage::on_signal(ErrorCode error) {
    ELYTRA_ASSERT(!error);
    waiting_ = false;
    // Before the completions are fetched, so that one behind them signals again.
    eventfd_t count = 0;
    (void)eventfd_read(signal_.native_handle(), &count);
    completions_.clear();
    io_uring_cqe* entry = nullptr;
    while (io_uring_peek_cqe(&ring_, &entry) == 0) {
        const auto slot = narrow<std::uint32_t>(io_uring_cqe_get_data64(entry));
        const int outcome = entry->res;
        io_uring_cqe_seen(&ring_, entry);
        on_outcome(slot, outcome);
    }
    submit_queued();
    await_completions();
    if (!completions_.empty()) done_(completions_);
}

void UringStorage::on_outcome(std::uint32_t slot, int outcome) {
    IoProgress& progress = slots_[slot];
    progress.advance(outcome);
    switch (progress.state()) {
        case IoProgress::State::more:
            return queue(slot);
        case IoProgress::State::failed:
            stop_on(progress.failure(), file_);
        case IoProgress::State::done:
            break;
    }
    completions_.push_back(IoCompletion{.token = progress.token(), .status = progress.status()});
    free_.push_back(slot);
}

}  // namespace elytra::io
