#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/state_machine.hpp"
#include "server/wire/header.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

// What it costs to commit one full batch of transfers: rules, rows, events and indexes, no log and
// no network. 10 000 accounts with history, random pairs, sequential ids.
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

// A state machine whose accounts exist, with requests made outside of the time that is measured.
class Ledger {
public:
    Ledger() : reply_(wire::body_size_max), prng_(1) {
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

    std::uint64_t transfer_count() const { return state_machine_.tables()[2]->row_count(); }

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
        benchmark::DoNotOptimize(
            state_machine_.execute(operation, timestamp, request_.body(), reply_));
    }

    engine::StateMachine state_machine_{
        {.limits = limits_production(), .request_body_max = wire::body_size_max}};
    Request request_;
    std::vector<std::byte> reply_;
    std::vector<wire::Transfer> events_;
    Prng prng_;
    std::uint64_t id_next_ = 1;
    std::uint64_t pending_first_ = 0;
};

void report(benchmark::State& state, std::int64_t batches) {
    const auto events = static_cast<double>(batches * batch_size);
    state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
    state.counters["s/event"] =
        benchmark::Counter(events, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void commit_plain(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger = std::make_unique<Ledger>();
    std::int64_t batches = 0;
    for (auto _ : state) {
        state.PauseTiming();
        if (batches % batches_per_ledger == 0) ledger = std::make_unique<Ledger>();
        ledger->prepare_plain();
        state.ResumeTiming();
        ledger->commit_transfers();
        ++batches;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);  // each event created a transfer
    report(state, batches);
}

void commit_two_phase(benchmark::State& state) {
    std::unique_ptr<Ledger> ledger = std::make_unique<Ledger>();
    std::int64_t batches = 0;
    for (auto _ : state) {
        state.PauseTiming();
        if (batches % (batches_per_ledger - 1) == 0) ledger = std::make_unique<Ledger>();
        ledger->prepare_pending();
        state.ResumeTiming();
        ledger->commit_transfers();
        state.PauseTiming();
        ledger->prepare_posts();
        state.ResumeTiming();
        ledger->commit_transfers();
        batches += 2;
    }
    ELYTRA_ASSERT(ledger->transfer_count() % batch_size == 0);
    report(state, batches);
}

BENCHMARK(commit_plain)->Unit(benchmark::kMillisecond)->Iterations(4 * batches_per_ledger);
BENCHMARK(commit_two_phase)->Unit(benchmark::kMillisecond)->Iterations(2 * batches_per_ledger);

}  // namespace
}  // namespace elytra::bench
