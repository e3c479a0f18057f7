#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/io/data_file.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::io {

// What to ask of the kernel next.
struct IoStep {
    enum class Kind : std::uint8_t { read, write, flush, allocate, nothing };

    Kind kind = Kind::nothing;
    int descriptor = -1;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::byte* buffer = nullptr;  // of a write: not written to
};

// A write, flush or allocation that cannot be made good.
struct IoFailure {
    std::string_view operation;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    int os_error = 0;
};

// One effect on its way through as many system calls as it takes: short transfers go on where they
// stopped, an unreadable range is read again sector by sector, what cannot be read or lies beyond
// the end becomes zeros, and where the file system cannot allocate, zeros are written. Makes no
// system call to read or write itself, so both engines share it, and tests play the kernel.
class IoProgress {
public:
    enum class State : std::uint8_t { more, done, failed };

    IoProgress() = default;
    IoProgress(const storage::IoEffect& effect, const DataFile& file);

    // Requires: state() is more.
    const IoStep& step() const { return step_; }

    // `outcome` is what the kernel said to step(): a byte count, or an errno below zero.
    void advance(std::int64_t outcome);

    State state() const { return state_; }

    storage::IoToken token() const { return token_; }

    // Requires: done.
    storage::IoStatus status() const { return status_; }

    // Requires: failed.
    const IoFailure& failure() const { return failure_; }

private:
    void start(const storage::Write& write, const DataFile& file);
    void start(const storage::Read& read, const DataFile& file);
    void start(const storage::Flush& flush, const DataFile& file);
    void start(const storage::Extend& extend, const DataFile& file);
    void advance_read(std::int64_t outcome);
    void advance_write(std::int64_t outcome);
    void advance_allocation(std::int64_t outcome);
    void consume(std::uint64_t count);
    void fill_with_zeros(std::uint64_t count);
    void finish(storage::IoStatus status);
    void fail(int os_error);

    IoStep step_;
    std::uint64_t remaining_ = 0;      // bytes of the whole effect still to do
    std::uint64_t step_size_max_ = 0;  // one sector once a range has proved unreadable
    bool writes_zeros_ = false;        // stands in for an allocation
    State state_ = State::done;
    storage::IoToken token_;
    storage::IoStatus status_ = storage::IoStatus::ok;
    IoFailure failure_;
};

// Carries out one effect with blocking calls.
IoProgress perform_io(const storage::IoEffect& effect, const DataFile& file);

// Fail-stop: logs what failed and ends the process. A later flush of the same bytes would report
// success although the kernel may have dropped them.
[[noreturn]] void stop_on(const IoFailure& failure, const DataFile& file);

}  // namespace elytra::io
