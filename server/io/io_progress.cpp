#include "server/io/io_progress.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/io/fatal.hpp"

namespace elytra::io {

namespace {

using storage::Durability;
using storage::IoStatus;

constexpr std::uint64_t transfer_size_max = 1ULL << 30;  // below what one system call can move

alignas(sector_size) constexpr std::array<std::byte, 64 * 1024> zeros{};

// The device or the file system knows that the bytes are lost; anything else is a fault of ours.
bool is_medium_error(int os_error) {
    return os_error == EIO || os_error == ENODATA || os_error == EILSEQ || os_error == EBADMSG ||
           os_error == EREMOTEIO;
}

std::string_view operation_name(IoStep::Kind kind) {
    switch (kind) {
        case IoStep::Kind::read:
            return "read";
        case IoStep::Kind::write:
            return "write";
        case IoStep::Kind::flush:
            return "flush";
        case IoStep::Kind::allocate:
            return "allocate";
        case IoStep::Kind::nothing:
            return "nothing";
    }
    return {};
}

std::int64_t call_kernel(const IoStep& step) {
    const auto offset = narrow<off_t>(step.offset);
    const auto length = narrow<std::size_t>(step.length);
    switch (step.kind) {
        case IoStep::Kind::read:
            return pread(step.descriptor, step.buffer, length, offset);
        case IoStep::Kind::write:
            return pwrite(step.descriptor, step.buffer, length, offset);
        case IoStep::Kind::flush:
            return fdatasync(step.descriptor);
        case IoStep::Kind::allocate:
            return fallocate(step.descriptor, 0, offset, narrow<off_t>(step.length));
        case IoStep::Kind::nothing:
            return 0;
    }
    return -1;
}

ExitCode exit_code_of(int os_error) {
    if (os_error == ENOSPC || os_error == EDQUOT) return ExitCode::no_space;
    if (os_error == EFBIG) return ExitCode::file_size_limit;
    return ExitCode::storage_failed;
}

}  // namespace

IoProgress::IoProgress(const storage::IoEffect& effect, const DataFile& file)
    : state_(State::more), token_(std::visit([](const auto& io) { return io.token; }, effect)) {
    std::visit([&](const auto& io) { start(io, file); }, effect);
}

void IoProgress::start(const storage::Write& write, const DataFile& file) {
    ELYTRA_ASSERT(write.offset % sector_size == 0);
    ELYTRA_ASSERT(write.bytes.size() % sector_size == 0);
    ELYTRA_ASSERT(!write.bytes.empty());
    step_ = IoStep{
        .kind = IoStep::Kind::write,
        .descriptor = file.descriptor(write.durability),
        .offset = write.offset,
        .length = 0,
        .buffer = const_cast<std::byte*>(write.bytes.data())};  // io_uring's field is not const
    remaining_ = write.bytes.size();
    step_size_max_ = transfer_size_max;
    consume(0);
}

void IoProgress::start(const storage::Read& read, const DataFile& file) {
    ELYTRA_ASSERT(read.offset % sector_size == 0);
    ELYTRA_ASSERT(read.bytes.size() % sector_size == 0);
    ELYTRA_ASSERT(!read.bytes.empty());
    step_ = IoStep{.kind = IoStep::Kind::read,
                   .descriptor = file.descriptor(Durability::volatile_cache),
                   .offset = read.offset,
                   .length = 0,
                   .buffer = read.bytes.data()};
    remaining_ = read.bytes.size();
    step_size_max_ = transfer_size_max;
    consume(0);
}

void IoProgress::start(const storage::Flush&, const DataFile& file) {
    step_ = IoStep{.kind = IoStep::Kind::flush,
                   .descriptor = file.descriptor(Durability::volatile_cache)};
}

void IoProgress::start(const storage::Extend& extend, const DataFile& file) {
    const std::uint64_t size = file.size();
    if (extend.size <= size)
        return;  // a step without a system call, so that it completes as all others
    step_ = IoStep{.kind = IoStep::Kind::allocate,
                   .descriptor = file.descriptor(Durability::volatile_cache),
                   .offset = round_down<std::uint64_t>(size, sector_size),
                   .length = extend.size - round_down<std::uint64_t>(size, sector_size),
                   .buffer = nullptr};
}

void IoProgress::advance(std::int64_t outcome) {
    ELYTRA_ASSERT(state_ == State::more);
    if (outcome == -EINTR || outcome == -EAGAIN) return;
    switch (step_.kind) {
        case IoStep::Kind::read:
            return advance_read(outcome);
        case IoStep::Kind::write:
            return advance_write(outcome);
        case IoStep::Kind::flush:
            return outcome < 0 ? fail(static_cast<int>(-outcome)) : finish(IoStatus::ok);
        case IoStep::Kind::allocate:
            return advance_allocation(outcome);
        case IoStep::Kind::nothing:
            return finish(IoStatus::ok);
    }
}

void IoProgress::advance_read(std::int64_t outcome) {
    if (outcome < 0) {
        const int os_error = static_cast<int>(-outcome);
        if (!is_medium_error(os_error)) return fail(os_error);
        if (step_.length == sector_size) return fill_with_zeros(sector_size);
        step_size_max_ = sector_size;
        return consume(0);
    }
    const auto count = static_cast<std::uint64_t>(outcome);
    ELYTRA_ASSERT(count <= step_.length);
    if (count > 0 && count % sector_size == 0) return consume(count);
    // Only the end of the file stops inside a sector, or before the first byte.
    consume(count);
    fill_with_zeros(remaining_);
}

void IoProgress::advance_write(std::int64_t outcome) {
    const int os_error = outcome < 0 ? static_cast<int>(-outcome) : EIO;
    const std::uint64_t written = outcome < 0 ? 0 : static_cast<std::uint64_t>(outcome);
    ELYTRA_ASSERT(written <= step_.length);
    // Direct I/O must go on at a sector: what was written of a torn one is written again.
    const std::uint64_t count = round_down<std::uint64_t>(written, sector_size);
    if (count > 0) return consume(count);
    if (writes_zeros_ && (os_error == ENOSPC || os_error == EDQUOT))
        return finish(IoStatus::no_space);
    fail(os_error);
}

void IoProgress::advance_allocation(std::int64_t outcome) {
    if (outcome >= 0) return finish(IoStatus::ok);
    const int os_error = static_cast<int>(-outcome);
    if (os_error == ENOSPC || os_error == EDQUOT) return finish(IoStatus::no_space);
    if (os_error != EOPNOTSUPP) return fail(os_error);
    writes_zeros_ = true;
    step_.kind = IoStep::Kind::write;
    step_.buffer = const_cast<std::byte*>(zeros.data());
    remaining_ = round_up<std::uint64_t>(step_.length, sector_size);
    step_size_max_ = zeros.size();
    consume(0);
}

void IoProgress::consume(std::uint64_t count) {
    ELYTRA_ASSERT(count <= remaining_);
    step_.offset += count;
    if (!writes_zeros_) step_.buffer += count;
    remaining_ -= count;
    step_.length = std::min(remaining_, step_size_max_);
    if (remaining_ == 0) finish(IoStatus::ok);
}

void IoProgress::fill_with_zeros(std::uint64_t count) {
    if (count == 0) return;
    std::memset(step_.buffer, 0, count);
    consume(count);
}

void IoProgress::finish(IoStatus status) {
    state_ = State::done;
    status_ = status;
}

void IoProgress::fail(int os_error) {
    state_ = State::failed;
    failure_ = IoFailure{.operation = operation_name(step_.kind),
                         .offset = step_.offset,
                         .length = step_.length,
                         .os_error = os_error};
}

IoProgress perform_io(const storage::IoEffect& effect, const DataFile& file) {
    IoProgress progress(effect, file);
    while (progress.state() == IoProgress::State::more) {
        const std::int64_t outcome = call_kernel(progress.step());
        progress.advance(outcome < 0 ? -errno : outcome);
    }
    return progress;
}

void stop_on(const IoFailure& failure, const DataFile& file) {
    fatal(exit_code_of(failure.os_error),
          fmt::format(
              "{} of data file {} failed at offset {}, length {}: {} (errno {}); stopping, because "
              "what the device holds is not known",
              failure.operation, file.path(), failure.offset, failure.length,
              error_text(failure.os_error), failure.os_error));
}

}  // namespace elytra::io
