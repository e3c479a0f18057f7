#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/common/time.hpp"
#include "server/engine/state_machine.hpp"
#include "server/io/clock.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/wire/header.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

// What it costs to commit one full batch of transfers, checkpoints included, but no log and no
// network. Two figures: what the replica's own thread does (rules, rows, the cut itself), which is
// what an iteration measures, and as a counter what another core may do meanwhile (columns,
// indexes, merges, and copies to the disk, which is memory here). 10 000 accounts with history,
// random pairs, sequential ids.
namespace elytra::bench {
namespace {

using wire::Operation;

constexpr std::uint32_t account_count = 10'000;
constexpr std::uint32_t batch_size = 8189;
constexpr std::size_t file_size_max = std::size_t{1} << 30;
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

// A state machine whose accounts exist, with requests made outside of the time that is measured.
class Ledger {
public:
    Ledger() : reply_(wire::body_size_max), prng_(1) {
        page_store_.open({}, {});
        file_.reserve(file_size_max);
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

    void commit_transfers() { execute(Operation::create_transfers); }

    std::uint64_t transfer_count() const { return state_machine_.store().transfer_count(); }

    // Since the last call, in nanoseconds.
    std::uint64_t take_foreground() { return std::exchange(foreground_, 0); }

    std::uint64_t take_background() { return std::exchange(background_, 0); }

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
        const Instant begun = io::monotonic_now();
        state_machine_.begin(operation, timestamp, request_.body(), reply_);
        const engine::Progress progress = state_machine_.advance();
        const bool cut = state_machine_.rows_since_cut() >= limits_.cut_rows;
        if (cut) state_machine_.cut();
        const Instant done = io::monotonic_now();
        ELYTRA_ASSERT(progress == engine::Progress::done);  // nothing has to be read
        if (cut) write_checkpoint();
        foreground_ += done.nanoseconds - begun.nanoseconds;
        background_ += io::monotonic_now().nanoseconds - done.nanoseconds;
    }

    void write_checkpoint() {
        work_off();
        ELYTRA_ASSERT(state_machine_.flush_done());
        page_store_.begin(page_store_.op().next(), state_machine_.segments());
        work_off();
        ELYTRA_ASSERT(page_store_.written());
        page_store_.commit();
    }

    // Jobs and I/O, until there are none.
    void work_off() {
        while (!io_.effects().empty() || !io_.computes().empty()) {
            const std::vector<storage::IoEffect> effects(io_.effects().begin(),
                                                         io_.effects().end());
            const std::vector<storage::Compute> computes(io_.computes().begin(),
                                                         io_.computes().end());
            io_.clear();
            for (const storage::Compute& compute : computes) {
                compute.job->run();
                state_machine_.on_io_done(compute.token);
            }
            for (const storage::IoEffect& effect : effects) {
                std::visit([this](const auto& each) { perform(each); }, effect);
            }
        }
    }

    void perform(const storage::Write& write) {
        if (file_.size() < write.offset + write.bytes.size()) {
            file_.resize(write.offset + write.bytes.size());
        }
        std::ranges::copy(write.bytes, file_.begin() + static_cast<std::ptrdiff_t>(write.offset));
        on_done(write.token);
    }

    void perform(const storage::Read& read) {
        std::ranges::copy(std::span(file_).subspan(read.offset, read.bytes.size()),
                          read.bytes.begin());
        on_done(read.token);
    }

    void perform(const storage::Flush& flush) { on_done(flush.token); }

    void perform(const storage::Extend& extend) { on_done(extend.token); }

    void on_done(storage::IoToken token) {
        if (token.owner != storage::IoOwner::page_store) return state_machine_.on_io_done(token);
        page_store_.on_io_done(token, storage::IoStatus::ok);
        if (page_store_.is_open()) state_machine_.on_page_store_progress();
    }

    const Limits limits_ = limits_production();
    storage::IoQueue io_;
    storage::CheckpointStore page_store_{limits_, sector_size, UINT64_MAX, io_};
    engine::StateMachine state_machine_{
        {.limits = limits_, .request_body_max = wire::body_size_max}, page_store_, io_};
    std::vector<std::byte> file_;
    std::uint64_t foreground_ = 0;
    std::uint64_t background_ = 0;
    Request request_;
    std::vector<std::byte> reply_;
    std::vector<wire::Transfer> events_;
    Prng prng_;
    std::uint64_t id_next_ = 1;
    std::uint64_t pending_first_ = 0;
};

constexpr double seconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / nanoseconds_per_second;
}

void report(benchmark::State& state, std::int64_t batches, std::uint64_t background) {
    const auto events = static_cast<double>(batches * batch_size);
    state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
    state.counters["s/event"] =
        benchmark::Counter(events, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["background s/event"] = seconds(background) / events;
}

void commit_plain(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger;
    std::int64_t batches = 0;
    std::uint64_t background = 0;
    for (auto _ : state) {
        if (batches % batches_per_ledger == 0) ledger = std::make_unique<Ledger>();
        ledger->prepare_plain();
        ledger->take_foreground();
        ledger->commit_transfers();
        state.SetIterationTime(seconds(ledger->take_foreground()));
        background += ledger->take_background();
        ++batches;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);  // each event created a transfer
    report(state, batches, background);
}

void commit_two_phase(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger;
    std::int64_t batches = 0;
    std::uint64_t background = 0;
    for (auto _ : state) {
        if (batches % (batches_per_ledger - 1) == 0) ledger = std::make_unique<Ledger>();
        ledger->prepare_pending();
        ledger->take_foreground();
        ledger->commit_transfers();
        ledger->prepare_posts();
        ledger->commit_transfers();
        state.SetIterationTime(seconds(ledger->take_foreground()));
        background += ledger->take_background();
        batches += 2;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);
    report(state, batches, background);
}

BENCHMARK(commit_plain)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(4 * batches_per_ledger)
    ->UseManualTime();
BENCHMARK(commit_two_phase)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(2 * batches_per_ledger)
    ->UseManualTime();

}  // namespace
}  // namespace elytra::bench
