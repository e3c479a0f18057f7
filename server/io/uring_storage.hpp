#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <liburing.h>

#include "server/common/result.hpp"
#include "server/io/io_progress.hpp"
#include "server/io/storage_backend.hpp"

namespace elytra::io {

// Operations go to the kernel in batches through one ring; the loop learns of completions through
// an eventfd. The kernel completes operations only when it is asked for them, rather than by
// interrupting the loop for each, where it can (Linux 6.1). One thread opens and uses it.
class UringStorage final : public StorageBackend {
public:
    UringStorage(asio::io_context& loop, const DataFile& file, IoDone done);
    ~UringStorage() override;

    // Once, first. The error is an errno: the kernel or a container forbids it, or the kernel is
    // too old.
    Result<void, int> open();

    void submit(std::span<const storage::IoEffect> effects) override;

    std::string_view name() const override { return "io_uring"; }

private:
    void queue(std::uint32_t slot);
    void submit_queued();
    void await_completions();
    void on_signal(ErrorCode error);
    void on_outcome(std::uint32_t slot, int outcome);

    std::size_t in_flight() const { return slots_.size() - free_.size(); }

    const DataFile& file_;
    IoDone done_;
    io_uring ring_{};
    bool ring_open_ = false;
    bool waiting_ = false;
    asio::posix::stream_descriptor signal_;  // the eventfd
    std::vector<IoProgress> slots_;          // an operation in flight is known by its slot
    std::vector<std::uint32_t> free_;
    std::vector<IoCompletion> completions_;
};

}  // namespace elytra::io
