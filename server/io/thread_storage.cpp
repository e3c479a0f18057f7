#include "server/io/thread_storage.hpp"

#include <utility>

#include "server/common/assert.hpp"
#include "server/io/io_progress.hpp"

namespace elytra::io {

namespace {

// Enough to keep a log write from waiting behind two reads and a flush.
constexpr std::size_t thread_count = 4;

}  // namespace

ThreadStorage::ThreadStorage(asio::io_context& loop, const DataFile& file, IoDone done)
    : loop_(loop), file_(file), done_(std::move(done)), queue_(storage_operations_max) {
    reported_.reserve(storage_operations_max);
    completed_.reserve(storage_operations_max);
    for (std::size_t index = 0; index < thread_count; ++index) {
        threads_.emplace_back([this] { run(); });
    }
}

ThreadStorage::~ThreadStorage() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void ThreadStorage::submit(std::span<const storage::IoEffect> effects) {
    if (effects.empty()) return;
    in_flight_ += effects.size();
    ELYTRA_ASSERT(in_flight_ <= storage_operations_max);
    if (!work_) work_.emplace(asio::make_work_guard(loop_));
    {
        const std::lock_guard lock(mutex_);
        for (const storage::IoEffect& effect : effects) queue_.push_back(effect);
    }
    changed_.notify_all();
}

void ThreadStorage::run() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        const storage::IoEffect effect = queue_.pop_front();
        lock.unlock();
        const IoProgress progress = perform_io(effect, file_);
        if (progress.state() == IoProgress::State::failed) stop_on(progress.failure(), file_);
        report(IoCompletion{.token = progress.token(), .status = progress.status()});
    }
}

void ThreadStorage::report(IoCompletion completion) {
    const std::lock_guard lock(mutex_);
    const bool posted = !completed_.empty();
    completed_.push_back(completion);
    if (!posted) asio::post(loop_, [this] { on_completed(); });
}

void ThreadStorage::on_completed() {
    reported_.clear();
    {
        const std::lock_guard lock(mutex_);
        std::swap(reported_, completed_);
    }
    ELYTRA_ASSERT(!reported_.empty());
    in_flight_ -= reported_.size();
    if (in_flight_ == 0) work_.reset();
    done_(reported_);
}

}  // namespace elytra::io
