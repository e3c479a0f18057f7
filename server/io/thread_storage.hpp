#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "server/common/ring_buffer.hpp"
#include "server/io/storage_backend.hpp"

namespace elytra::io {

// A few threads that make blocking calls, for kernels and containers without io_uring. They take
// effects from a queue and post the results to the loop; those two lists are all that the threads
// share.
class ThreadStorage final : public StorageBackend {
public:
    ThreadStorage(asio::io_context& loop, const DataFile& file, IoDone done);
    ~ThreadStorage() override;

    void submit(std::span<const storage::IoEffect> effects) override;

    std::string_view name() const override { return "threads"; }

private:
    using Work = asio::executor_work_guard<asio::io_context::executor_type>;

    void run();
    void report(IoCompletion completion);
    void on_completed();

    asio::io_context& loop_;
    const DataFile& file_;
    IoDone done_;
    std::size_t in_flight_ = 0;
    std::optional<Work> work_;  // keeps the loop running while operations are in flight
    std::vector<IoCompletion> reported_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;                // under mutex_
    RingBuffer<storage::IoEffect> queue_;  // under mutex_
    std::vector<IoCompletion> completed_;  // under mutex_; not empty: on_completed() is posted
    std::vector<std::thread> threads_;
};

}  // namespace elytra::io
