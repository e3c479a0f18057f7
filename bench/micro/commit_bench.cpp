#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/common/time.hpp"
#include "server/engine/state_machine.hpp"
#include "server/io/asio.hpp"
#include "server/io/job_thread.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/wire/header.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

// What it costs to commit one full batch of transfers: rules, rows and checkpoints, with the jobs
// of the engine on a second thread; no log, no network, and a file in memory whose copying is not
// counted. 10 000 accounts with history, random pairs, sequential ids.
namespace elytra::bench {
namespace {

using wire::Operation;

constexpr std::uint32_t account_count = 10'000;
constexpr std::uint32_t batch_size = 8189;
constexpr std::uint32_t batches_per_ledger = 245;  // 2 million transfers, then a new ledger

struct Request {
    std::vector<std::byte> bytes = std::vector<std::byte>(wire::body_size_max);
    std::size_t size = 0;

    template <class Event>
    void encode(std::span<const Event> events) {
        wire::MultiBatchEncoder encoder(bytes, sizeof(Event));
        std::memcpy(encoder.room().data(), events.data(), events.size_bytes());
        encoder.end_batch(events.size_bytes());
        size = encoder.finish();
    }

    std::span<const std::byte> body() const { return std::span(bytes).first(size); }
};

std::uint64_t cpu_nanoseconds(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * nanoseconds_per_second +
           static_cast<std::uint64_t>(time.tv_nsec);
}

// A data file in memory. No I/O crosses the border of two pieces without being split.
class MemoryFile {
public:
    void perform(const storage::IoEffect& effect) {
        if (const auto* write = std::get_if<storage::Write>(&effect)) {
            visit(write->offset, write->bytes.size(),
                  [&](std::byte* place, std::size_t done, std::size_t size) {
                      std::memcpy(place, write->bytes.data() + done, size);
                  });
        } else if (const auto* read = std::get_if<storage::Read>(&effect)) {
            visit(read->offset, read->bytes.size(),
                  [&](const std::byte* place, std::size_t done, std::size_t size) {
                      std::memcpy(read->bytes.data() + done, place, size);
                  });
        }
    }

private:
    static constexpr std::uint64_t piece_size = 32ULL << 20;

    template <class Copy>
    void visit(std::uint64_t offset, std::size_t size, Copy copy) {
        for (std::size_t done = 0; done < size;) {
            const std::uint64_t piece = (offset + done) / piece_size;
            const std::uint64_t start = (offset + done) % piece_size;
            while (pieces_.size() <= piece) {
                pieces_.push_back(std::make_unique<std::byte[]>(piece_size));
            }
            const std::size_t part = std::min<std::uint64_t>(size - done, piece_size - start);
            copy(pieces_[piece].get() + start, done, part);
            done += part;
        }
    }

    std::vector<std::unique_ptr<std::byte[]>> pieces_;
};

// Where the time of the two threads went, nanoseconds.
struct Costs {
    std::uint64_t main = 0;    // CPU of committing and of handing work to the jobs and the file
    std::uint64_t jobs = 0;    // CPU of the other thread
    std::uint64_t waited = 0;  // for a checkpoint before the next cut
};

// A state machine with its checkpoints, whose accounts exist, with requests made outside of the
// time that is measured.
class Ledger {
public:
    Ledger()
        : jobs_(loop_, [this](std::span<const io::IoCompletion> done) { on_jobs_done(done); }),
          reply_(wire::body_size_max),
          prng_(1) {
        page_store_.open({}, {});
        state_machine_.restore();
        std::vector<wire::Account> accounts;
        for (std::uint32_t id = 1; id <= account_count; ++id) {
            accounts.push_back(
                {.id = id, .ledger = 1, .code = 1, .flags = wire::account_flags::history});
            if (accounts.size() < batch_size && id != account_count) continue;
            request_.encode(std::span<const wire::Account>(accounts));
            execute(Operation::create_accounts);
            accounts.clear();
        }
    }

    ~Ledger() { finish_checkpoint(); }

    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    void prepare_plain() {
        events_.clear();
        while (events_.size() < batch_size) events_.push_back(movement(0));
        request_.encode(std::span<const wire::Transfer>(events_));
    }

    // A batch of pending transfers, then one that posts them all.
    void prepare_pending() {
        events_.clear();
        pending_first_ = id_next_;
        while (events_.size() < batch_size) {
            events_.push_back(movement(wire::transfer_flags::pending));
            events_.back().timeout = 3600;
        }
        request_.encode(std::span<const wire::Transfer>(events_));
    }

    void prepare_posts() {
        events_.clear();
        while (events_.size() < batch_size) {
            events_.push_back({.id = id_next_++,
                               .amount = u128_max,
                               .pending_id = pending_first_ + events_.size(),
                               .flags = wire::transfer_flags::post_pending_transfer});
        }
        request_.encode(std::span<const wire::Transfer>(events_));
    }

    // Adds what it took to the costs.
    void commit_transfers(Costs& costs) {
        const std::uint64_t others = other_threads();
        const std::uint64_t copied = copied_;
        const std::uint64_t before = cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
        execute(Operation::create_transfers);
        if (state_machine_.rows_since_cut() >= limits_production().cut_rows) {
            const std::uint64_t waiting = cpu_nanoseconds(CLOCK_MONOTONIC);
            finish_checkpoint();
            costs.waited += cpu_nanoseconds(CLOCK_MONOTONIC) - waiting;
            state_machine_.cut();
            flushing_ = true;
        }
        pump();
        costs.main += cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before - (copied_ - copied);
        costs.jobs += other_threads() - others;
    }

    std::uint64_t transfer_count() const { return state_machine_.store().transfer_count(); }

private:
    wire::Transfer movement(std::uint16_t flags) {
        const std::uint64_t debit = prng_.below(account_count);
        const std::uint64_t credit = (debit + 1 + prng_.below(account_count - 1)) % account_count;
        return {.id = id_next_++,
                .debit_account_id = debit + 1,
                .credit_account_id = credit + 1,
                .amount = 1 + prng_.below(10'000),
                .user_data_128 = prng_.next(),
                .ledger = 1,
                .code = 1,
                .flags = flags};
    }

    void execute(Operation operation) {
        const std::uint64_t timestamp = state_machine_.timestamp() + 1'000'000;
        state_machine_.begin(operation, timestamp, request_.body(), reply_);
        while (state_machine_.advance() == engine::Progress::waiting) pump();
    }

    static std::uint64_t other_threads() {
        return cpu_nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    }

    // Hands out what is asked for and takes in what is done, without waiting.
    void pump() {
        loop_.poll();
        while (!io_.effects().empty() || !io_.computes().empty()) {
            const std::vector<storage::IoEffect> effects(io_.effects().begin(),
                                                         io_.effects().end());
            jobs_.submit(io_.computes());
            io_.clear();
            for (const storage::IoEffect& effect : effects) perform(effect);
            advance_checkpoint();
        }
    }

    void perform(const storage::IoEffect& effect) {
        const std::uint64_t before = cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
        file_.perform(effect);
        copied_ += cpu_nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before;
        on_done(std::visit([](const auto& asked) { return asked.token; }, effect));
    }

    void on_jobs_done(std::span<const io::IoCompletion> done) {
        for (const io::IoCompletion& completion : done) on_done(completion.token);
    }

    void on_done(storage::IoToken token) {
        if (token.owner == storage::IoOwner::page_store) {
            page_store_.on_io_done(token, storage::IoStatus::ok);
            state_machine_.on_page_store_progress();
        } else {
            state_machine_.on_io_done(token);
        }
        advance_checkpoint();
    }

    void advance_checkpoint() {
        using State = storage::CheckpointStore::State;
        if (flushing_ && state_machine_.flush_done() && page_store_.state() == State::idle) {
            page_store_.begin(page_store_.op().next(), state_machine_.segments());
            flushing_ = false;
        }
        if (page_store_.written()) page_store_.commit();
    }

    void finish_checkpoint() {
        pump();
        while (flushing_ || page_store_.state() != storage::CheckpointStore::State::idle) {
            loop_.run_one();
            pump();
        }
    }

    io::asio::io_context loop_;
    io::asio::executor_work_guard<io::asio::io_context::executor_type> work_ =
        io::asio::make_work_guard(loop_);  // so that it never stops
    storage::IoQueue io_;
    MemoryFile file_;
    std::uint64_t copied_ = 0;  // nanoseconds that the file took
    storage::CheckpointStore page_store_{limits_production(), sector_size, UINT64_MAX, io_};
    engine::StateMachine state_machine_{
        {.limits = limits_production(), .request_body_max = wire::body_size_max}, page_store_, io_};
    bool flushing_ = false;
    io::JobThread jobs_;  // ends before the state machine, which owns what they work on
    Request request_;
    std::vector<std::byte> reply_;
    std::vector<wire::Transfer> events_;
    Prng prng_;
    std::uint64_t id_next_ = 1;
    std::uint64_t pending_first_ = 0;
};

void report(benchmark::State& state, std::int64_t batches, const Costs& costs) {
    const auto events = static_cast<double>(batches * batch_size);
    state.counters["main ns/event"] = static_cast<double>(costs.main) / events;
    state.counters["jobs ns/event"] = static_cast<double>(costs.jobs) / events;
    state.counters["waited ns/event"] = static_cast<double>(costs.waited) / events;
}

// The time of an iteration is what the main thread spent on it.
void commit(benchmark::State& state, Ledger& ledger, Costs& costs) {
    const std::uint64_t before = costs.main;
    ledger.commit_transfers(costs);
    state.SetIterationTime(static_cast<double>(costs.main - before) / nanoseconds_per_second);
}

void commit_plain(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger = std::make_unique<Ledger>();
    Costs costs;
    std::int64_t batches = 0;
    for (auto _ : state) {
        if (batches % batches_per_ledger == 0) ledger = std::make_unique<Ledger>();
        ledger->prepare_plain();
        commit(state, *ledger, costs);
        ++batches;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);  // each event created a transfer
    report(state, batches, costs);
}

// Batches of pending transfers alternate with batches that post them all.
void commit_two_phase(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger = std::make_unique<Ledger>();
    Costs costs;
    std::int64_t batches = 0;
    for (auto _ : state) {
        const bool posts = batches % 2 == 1;
        if (batches % (batches_per_ledger - 1) == 0) ledger = std::make_unique<Ledger>();
        posts ? ledger->prepare_posts() : ledger->prepare_pending();
        commit(state, *ledger, costs);
        ++batches;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);
    report(state, batches, costs);
}

BENCHMARK(commit_plain)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(4 * batches_per_ledger);
BENCHMARK(commit_two_phase)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime()
    ->Iterations(4 * batches_per_ledger);

}  // namespace
}  // namespace elytra::bench
