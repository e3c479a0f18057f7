#include "tests/support/state_machine_world.hpp"

#include <utility>

#include "server/common/assert.hpp"
#include "server/common/job.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::test {

using storage::CheckpointStore;
using storage::IoOwner;

namespace {

// How much of the background an operation leaves behind it when things take their time.
constexpr std::uint64_t lingering_steps_max = 12;

}  // namespace

StateMachineWorld::StateMachineWorld(const Options& options)
    : options_(options), prng_(options.seed), disk_(prng_.next()), reply_(wire::body_size_max) {
    make_state_machine();
    ELYTRA_ASSERT(open());
}

void StateMachineWorld::make_state_machine() {
    end_jobs();
    state_machine_.reset();
    io_.clear();
    page_store_ = std::make_unique<CheckpointStore>(options_.limits, sector_size, UINT64_MAX, io_);
    state_machine_ = std::make_unique<engine::StateMachine>(
        engine::StateMachineOptions{.limits = options_.limits,
                                    .request_body_max = options_.request_body_max},
        *page_store_, io_);
    stage_ = Stage::idle;
}

// False: the newest checkpoint cannot be loaded.
bool StateMachineWorld::open() {
    page_store_->open(newest_, previous_);
    take_effects();
    while (page_store_->state() == CheckpointStore::State::opening) ELYTRA_ASSERT(step());
    if (page_store_->state() != CheckpointStore::State::idle) return false;
    state_machine_->restore();
    take_effects();
    while (state_machine_->restore_status() == engine::RestoreStatus::reading) {
        ELYTRA_ASSERT(step());
    }
    return state_machine_->restore_status() == engine::RestoreStatus::done;
}

std::span<const std::byte> StateMachineWorld::execute(wire::Operation operation,
                                                      std::uint64_t timestamp,
                                                      std::span<const std::byte> body) {
    kept_.push_back(
        {.operation = operation, .timestamp = timestamp, .body = {body.begin(), body.end()}});
    state_machine_->begin(operation, timestamp, body, reply_);
    while (true) {
        const engine::Progress progress = state_machine_->advance();
        take_effects();
        if (progress == engine::Progress::done) break;
        ELYTRA_ASSERT(!state_machine_->fault().has_value());
        ELYTRA_ASSERT(step());  // what it waits for is under way
    }
    const auto reply = std::span(reply_).first(state_machine_->reply_size());
    kept_.back().reply_checksum = wire::checksum(reply);
    linger();
    return reply;
}

void StateMachineWorld::cut() {
    while (stage_ != Stage::idle) ELYTRA_ASSERT(step());
    kept_.push_back({});
    stage_ = Stage::flushing;
    state_machine_->cut();
    take_effects();
    advance_checkpoint();
    linger();
}

void StateMachineWorld::settle() {
    while (step()) {
    }
    ELYTRA_ASSERT(stage_ == Stage::idle);
}

void StateMachineWorld::linger() {
    if (options_.seed == 0) return settle();
    for (std::uint64_t steps = prng_.below(lingering_steps_max); steps > 0; --steps) step();
}

bool StateMachineWorld::restart() {
    std::deque<Kept> again = std::exchange(kept_, {});
    disk_.crash();
    make_state_machine();
    if (!open()) return false;
    for (const Kept& kept : again) {
        if (!kept.operation.has_value()) {
            cut();
            continue;
        }
        execute(*kept.operation, kept.timestamp, kept.body);
        if (kept_.back().reply_checksum != kept.reply_checksum) return false;
    }
    return true;
}

void StateMachineWorld::take_effects() {
    for (const storage::Compute& compute : io_.computes()) {
        jobs_.push_back(RunningJob{.compute = compute});
    }
    disk_.submit(io_.effects());
    io_.clear();
}

// One step of a job, or one I/O. False: nothing is under way.
bool StateMachineWorld::step() {
    const bool io_waits = disk_.in_flight() > 0;
    if (!jobs_.empty() && (!io_waits || prng_.chance(1, 2))) {
        step_job();
        return true;
    }
    if (!io_waits) return false;
    const MemoryDisk::Completion done = disk_.complete_any();
    on_done(done.token, done.status);
    return true;
}

// A job begins at one time and is reported at another.
void StateMachineWorld::step_job() {
    RunningJob& job = jobs_.front();
    if (!job.begun) {
        job.begun = true;
        if (options_.threads) {
            job.thread = std::thread([work = job.compute.job] { work->run(); });
        } else {
            job.compute.job->run();
        }
        return;
    }
    const storage::IoToken token = job.compute.token;
    if (job.thread.joinable()) job.thread.join();
    jobs_.pop_front();
    on_done(token, storage::IoStatus::ok);
}

void StateMachineWorld::end_jobs() {
    for (RunningJob& job : jobs_) {
        if (job.thread.joinable()) job.thread.join();
    }
    jobs_.clear();
}

void StateMachineWorld::on_done(storage::IoToken token, storage::IoStatus status) {
    if (token.owner == IoOwner::page_store) {
        page_store_->on_io_done(token, status);
        if (page_store_->is_open()) state_machine_->on_page_store_progress();
    } else {
        state_machine_->on_io_done(token);
    }
    take_effects();
    advance_checkpoint();
}

void StateMachineWorld::advance_checkpoint() {
    if (stage_ == Stage::flushing && state_machine_->flush_done()) {
        page_store_->begin(page_store_->op().next(), state_machine_->segments());
        stage_ = Stage::writing;
        take_effects();
    }
    if (stage_ != Stage::writing || !page_store_->written()) return;
    previous_ = newest_;
    newest_ = page_store_->root();
    page_store_->commit();
    stage_ = Stage::idle;
    // What the checkpoint has need not be executed again; its cut is the first of those kept.
    while (kept_.front().operation.has_value()) kept_.pop_front();
    kept_.pop_front();
}

}  // namespace elytra::test
