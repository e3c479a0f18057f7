#include "server/io/job_thread.hpp"

#include <utility>

#include "server/common/assert.hpp"
#include "server/common/job.hpp"

namespace elytra::io {

JobThread::JobThread(asio::io_context& loop, IoDone done)
    : loop_(loop), done_(std::move(done)), queue_(jobs_max) {
    reported_.reserve(jobs_max);
    completed_.reserve(jobs_max);
    thread_ = std::thread([this] { run(); });
}

JobThread::~JobThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void JobThread::submit(std::span<const storage::Compute> computes) {
    if (computes.empty()) return;
    unreported_ += computes.size();
    ELYTRA_ASSERT(unreported_ <= jobs_max);
    if (!work_) work_.emplace(asio::make_work_guard(loop_));
    {
        const std::lock_guard lock(mutex_);
        for (const storage::Compute& compute : computes) queue_.push_back(compute);
    }
    changed_.notify_one();
}

void JobThread::run() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        const storage::Compute compute = queue_.pop_front();
        lock.unlock();
        compute.job->run();
        report(compute.token);
    }
}

void JobThread::report(storage::IoToken token) {
    const std::lock_guard lock(mutex_);
    const bool posted = !completed_.empty();
    completed_.push_back({.token = token});
    if (!posted) asio::post(loop_, [this] { on_completed(); });
}

void JobThread::on_completed() {
    reported_.clear();
    {
        const std::lock_guard lock(mutex_);
        std::swap(reported_, completed_);
    }
    ELYTRA_ASSERT(!reported_.empty());
    unreported_ -= reported_.size();
    if (unreported_ == 0) work_.reset();
    done_(reported_);
}

}  // namespace elytra::io
