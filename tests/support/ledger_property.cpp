#include "tests/support/ledger_property.hpp"

#include <algorithm>
#include <vector>

#include "server/common/time.hpp"
#include "server/wire/body.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"
#include "tests/support/ledger_workload.hpp"
#include "tests/support/naive_ledger.hpp"
#include "tests/support/naive_replies.hpp"

namespace elytra::test {

using wire::Operation;

namespace {

constexpr std::size_t steps_per_life = 300;

// A request limit so small that a pulse cannot expire everything at once.
constexpr LedgerDriver::Options options{
    .wall = nanoseconds_per_second, .request_body_max = 128 * 24, .limits = limits_tiny()};

// Some lives take place just before the end of time, where timeouts can overflow.
LedgerDriver::Options options_of_life(std::uint64_t seed) {
    LedgerDriver::Options chosen = options;
    // In some, everything in the background is done at once.
    if (seed % 5 != 0) chosen.seed = seed;
    chosen.threads = seed % 4 == 1;
    if (seed % 8 == 0) chosen.wall = wire::timestamp_max - 2'000 * nanoseconds_per_second;
    return chosen;
}

// A state machine and a naive ledger that live the same life.
class Twins {
public:
    Twins(std::uint64_t seed, PropertyReport& report)
        : driver_(options_of_life(seed)), report_(report) {}

    // None when both give the same replies and agree on the next expiry.
    std::optional<std::string> run(const Step& step) {
        if (step.restart && !driver_.restart()) return "the restart finds an inconsistent state";
        driver_.advance(step.wait);
        run_pulses();
        const Bytes body = request_body(step.operation, step.batches);
        if (!wire::body_valid(step.operation, body, options.request_body_max)) return std::nullopt;
        const std::vector<Bytes> replies = driver_.execute(step.operation, body);
        const std::uint64_t events = wire::events_to_create(step.operation, body);
        events_ += events;
        slot_next_ = driver_.timestamp() - events + 1;
        for (std::size_t batch = 0; batch < step.batches.size(); ++batch) {
            if (expected_reply(step.operation, step.batches[batch]) != replies[batch]) {
                return "the replies differ in batch " + std::to_string(batch);
            }
        }
        run_pulses();
        if (naive_.ledger().pulse_next() != driver_.state_machine().pulse_next()) {
            return "the next expiry differs";
        }
        return std::nullopt;
    }

    void count_work() {
        report_.checkpoints += driver_.engine().page_store().op().value;
        report_.pages_read += driver_.state_machine().page_cache().misses();
        for (const auto& runs : driver_.state_machine().store().catalog().runs) {
            for (const engine::RunRef& run : runs) report_.merges += run->tier > 0 ? 1U : 0U;
        }
    }

    const NaiveLedger& naive() const { return naive_.ledger(); }

    std::uint64_t timestamp() { return driver_.state_machine().timestamp(); }

    std::uint64_t events() const { return events_; }

private:
    // The driver tells the pulses that it ran.
    void run_pulses() {
        for (const std::uint64_t timestamp : driver_.take_pulses()) {
            naive_.pulse(timestamp);
        }
    }

    Bytes expected_reply(Operation operation, const Bytes& batch) {
        const Bytes reply = naive_.execute(operation, batch, slot_next_);
        if (wire::traits_of(operation).kind != wire::OperationKind::create) return reply;
        slot_next_ += naive_.results().size();
        const bool accounts = operation == Operation::create_accounts ||
                              operation == Operation::create_accounts_sparse ||
                              operation == Operation::create_accounts_unbatched;
        auto& statuses = accounts ? report_.account_statuses : report_.transfer_statuses;
        for (const wire::CreateResult& result : naive_.results()) ++statuses[result.status];
        return reply;
    }

    LedgerDriver driver_;
    NaiveReplies naive_{options.request_body_max};
    PropertyReport& report_;
    std::uint64_t slot_next_ = 0;
    std::uint64_t events_ = 0;
};

bool fails(std::uint64_t seed, const std::vector<Step>& steps) {
    PropertyReport ignored;
    Twins twins(seed, ignored);
    return std::ranges::any_of(steps,
                               [&](const Step& step) { return twins.run(step).has_value(); });
}

// Leaves out steps, then events, as long as what remains still fails.
std::vector<Step> shrink(std::uint64_t seed, std::vector<Step> steps) {
    for (std::size_t span = steps.size() / 2; span > 0; span /= 2) {
        for (std::size_t start = 0; start + span <= steps.size();) {
            std::vector<Step> fewer = steps;
            const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(start);
            fewer.erase(first, first + static_cast<std::ptrdiff_t>(span));
            if (fails(seed, fewer)) {
                steps = fewer;
            } else {
                start += span;
            }
        }
    }
    for (std::size_t step = 0; step < steps.size(); ++step) {
        const wire::OperationTraits& traits = wire::traits_of(steps[step].operation);
        if (traits.kind == wire::OperationKind::filter) continue;
        for (std::size_t batch = 0; batch < steps[step].batches.size(); ++batch) {
            for (std::size_t offset = 0; offset < steps[step].batches[batch].size();) {
                std::vector<Step> fewer = steps;
                Bytes& events = fewer[step].batches[batch];
                const auto first = events.begin() + static_cast<std::ptrdiff_t>(offset);
                events.erase(first, first + traits.event_size);
                if (fails(seed, fewer)) {
                    steps = fewer;
                } else {
                    offset += traits.event_size;
                }
            }
        }
    }
    return steps;
}

}  // namespace

PropertyReport check_ledger_property(std::uint64_t seed, std::uint64_t event_count) {
    PropertyReport report;
    std::uint64_t events = 0;
    for (std::uint64_t life = 0; events < event_count; ++life) {
        LedgerWorkload workload(seed + life);
        Twins twins(seed + life, report);
        std::vector<Step> steps;
        while (steps.size() < steps_per_life) {
            steps.push_back(workload.next(twins.naive(), twins.timestamp()));
            const std::optional<std::string> difference = twins.run(steps.back());
            if (!difference.has_value()) continue;
            report.difference = "seed " + std::to_string(seed + life) + ": " + *difference + "\n";
            for (const Step& step : shrink(seed + life, steps)) *report.difference += to_text(step);
            return report;
        }
        events += twins.events();
        twins.count_work();
    }
    return report;
}

}  // namespace elytra::test
