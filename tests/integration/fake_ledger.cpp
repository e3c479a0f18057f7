#include "tests/integration/fake_ledger.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <fmt/format.h>

#include "server/common/limits.hpp"
#include "server/common/time.hpp"
#include "server/io/clock.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/fatal.hpp"
#include "server/wire/body.hpp"
#include "server/wire/header.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"

namespace elytra::test {
namespace {

using wire::Operation;

constexpr std::size_t flood_size = 64 * 1024;  // bytes on stderr for each request
constexpr u128 other_half = make_u128(std::uint64_t{1} << 62, 0);

std::uint64_t cpu_nanoseconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * nanoseconds_per_second +
           static_cast<std::uint64_t>(time.tv_nsec);
}

template <class T>
T load_at(std::span<const std::byte> bytes, std::size_t index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

template <class T>
void store_at(std::span<std::byte> bytes, std::size_t index, const T& value) {
    std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

bool is_due(std::uint64_t count, std::uint64_t every) { return every != 0 && count % every == 0; }

}  // namespace

FakeLedger::FakeLedger(const Faults& faults)
    : faults_(faults),
      engine_({.limits = limits_production()}),
      scratch_(wire::body_size_max),
      cpu_nanoseconds_(cpu_nanoseconds()) {}

bench::Executor::Outcome FakeLedger::execute(Operation operation, std::span<const std::byte> body,
                                             std::span<std::byte> reply) {
    ++requests_;
    end_where_asked(operation);
    if (faults_.flood_stderr) fmt::print(stderr, "{}\n", std::string(flood_size, '.'));
    const std::size_t events =
        operation == Operation::create_transfers ? wire::events_to_create(operation, body) : 0;
    Outcome outcome;
    if (events > 0 && (faults_.lose != 0 || faults_.duplicate != 0)) {
        body_.assign(body.begin(), body.end());
        change_events(std::span(body_).first(events * sizeof(wire::Transfer)));
        outcome = execute_at_once(operation, body_, reply);
        repeat_doubled();
    } else {
        outcome = execute_at_once(operation, body, reply);
    }
    if (faults_.wrong_code != 0) change_results(reply.first(events * sizeof(wire::CreateResult)));
    if (faults_.slow_percent != 0) waste_time();
    return outcome;
}

bench::Executor::Outcome FakeLedger::execute_at_once(Operation operation,
                                                     std::span<const std::byte> body,
                                                     std::span<std::byte> reply) {
    run_pulses();
    const std::uint64_t timestamp = timestamp_of(operation, body);
    const std::span<const std::byte> bytes = engine_.execute(operation, timestamp, body);
    std::ranges::copy(bytes, reply.begin());
    cut_when_due();
    return {.size = bytes.size(), .timestamp = timestamp};
}

void FakeLedger::run_pulses() {
    while (engine_.state_machine().pulse_next() <= io::wall_now().nanoseconds) {
        engine_.execute(Operation::pulse, timestamp_of(Operation::pulse, {}), {});
        cut_when_due();
    }
}

std::uint64_t FakeLedger::timestamp_of(Operation operation, std::span<const std::byte> body) const {
    const engine::StateMachine& state_machine = engine_.state_machine();
    const std::uint64_t base = std::max(state_machine.timestamp() + 1, io::wall_now().nanoseconds);
    return base + state_machine.timestamp_step(operation, body);
}

void FakeLedger::cut_when_due() {
    if (engine_.state_machine().rows_since_cut() >= limits_production().cut_rows) engine_.cut();
}

void FakeLedger::end_where_asked(Operation operation) {
    if (faults_.die_after != 0 && requests_ > faults_.die_after) {
        fmt::print(stderr, "error: dying as asked after {} requests\n", faults_.die_after);
        std::_Exit(static_cast<int>(io::ExitCode::refused));
    }
    if (faults_.kill_after != 0 && requests_ > faults_.kill_after) std::raise(SIGKILL);
    if (faults_.disk_full && operation == Operation::create_transfers) {
        io::fatal(io::ExitCode::no_space,
                  "no space left to grow the data file for 60 s; free some on its device and "
                  "start again: nothing acknowledged is lost");
    }
}

// Only transfers that stand alone: a member of a chain or of a reservation would drag others along,
// which no client could take for lost or doubled.
void FakeLedger::change_events(std::span<std::byte> body) {
    const std::size_t count = body.size() / sizeof(wire::Transfer);
    for (std::size_t index = 0; index < count; ++index) {
        auto event = load_at<wire::Transfer>(body, index);
        const bool after_linked = index > 0 && load_at<wire::Transfer>(body, index - 1).flags != 0;
        const bool repeated =
            index + 1 < count && load_at<wire::Transfer>(body, index + 1).id == event.id;
        if (event.flags != 0 || after_linked || repeated) continue;
        ++events_;
        if (is_due(events_, faults_.duplicate)) {
            doubled_.push_back(event);
            doubled_.back().id ^= other_half;
        }
        if (!is_due(events_, faults_.lose)) continue;
        // To all balances it is as if the transfer were not there, but it is acknowledged.
        event.amount = 0;
        store_at(body, index, event);
    }
}

void FakeLedger::repeat_doubled() {
    if (doubled_.empty()) return;
    execute_at_once(Operation::create_transfers,
                    request_body(Operation::create_transfers, {to_bytes(doubled_)}), scratch_);
    doubled_.clear();
}

void FakeLedger::change_results(std::span<std::byte> results) {
    constexpr auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);
    constexpr auto exists = static_cast<std::uint32_t>(wire::CreateTransferStatus::exists);
    for (std::size_t index = 0; index < results.size() / sizeof(wire::CreateResult); ++index) {
        if (!is_due(++results_, faults_.wrong_code)) continue;
        auto result = load_at<wire::CreateResult>(results, index);
        result.status = result.status == created ? exists : created;
        store_at(results, index, result);
    }
}

// Everything that the process does for a request is made longer, from the socket to the answer.
void FakeLedger::waste_time() {
    const std::uint64_t used = cpu_nanoseconds() - cpu_nanoseconds_;
    const std::uint64_t end = cpu_nanoseconds_ + used + used * faults_.slow_percent / 100;
    while (cpu_nanoseconds() < end) {
    }
    cpu_nanoseconds_ = cpu_nanoseconds();
}

}  // namespace elytra::test
