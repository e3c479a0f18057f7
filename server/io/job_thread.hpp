#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "server/common/ring_buffer.hpp"
#include "server/io/storage_backend.hpp"

namespace elytra::io {

// No more jobs are begun or waiting at any time; the bounds of the core stay well below.
inline constexpr std::uint32_t jobs_max = 1024;

// Runs the jobs of the core on a thread of their own, one at a time and in the order in which they
// were submitted; the loop only ever holds a lock for a moment. Lives on the thread of the
// io_context, which has work as long as a job is not reported. The destructor waits for the job
// that runs, leaves out the others and reports none of them; it requires that the io_context does
// not run any more, and that the jobs still exist.
class JobThread {
public:
    JobThread(asio::io_context& loop, IoDone done);
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;
    ~JobThread();

    // No completion is reported before this returns.
    void submit(std::span<const storage::Compute> computes);

private:
    using Work = asio::executor_work_guard<asio::io_context::executor_type>;

    void run();
    void report(storage::IoToken token);
    void on_completed();

    asio::io_context& loop_;
    IoDone done_;
    std::size_t unreported_ = 0;
    std::optional<Work> work_;  // keeps the loop running while there are some
    std::vector<IoCompletion> reported_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;                // under mutex_
    RingBuffer<storage::Compute> queue_;   // under mutex_
    std::vector<IoCompletion> completed_;  // under mutex_; not empty: on_completed() is posted
    std::thread thread_;                   // begins when all others are there
};

}  // namespace elytra::io
