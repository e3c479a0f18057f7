#include "orchestrator/plan/steps.hpp"

#include <algorithm>

#include "server/common/time.hpp"

namespace elytractl::plan {
namespace {

using elytra::nanoseconds_per_second;

constexpr std::uint64_t format_expected = nanoseconds_per_second / 2;
constexpr std::uint64_t format_deadline = 120 * nanoseconds_per_second;
constexpr std::uint64_t start_deadline = 10 * nanoseconds_per_second;  // of exec alone
constexpr std::uint64_t ready_expected = nanoseconds_per_second;
constexpr std::uint64_t accounts_per_tenth = 20'000;  // of a second, created
constexpr std::uint64_t drain_expected = nanoseconds_per_second / 2;
constexpr std::uint64_t stop_expected = nanoseconds_per_second / 2;
constexpr std::uint64_t remove_deadline = 60 * nanoseconds_per_second;
// Beyond the patience of the load itself, which can report more than a deadline does.
constexpr std::uint64_t margin = 30 * nanoseconds_per_second;
// How much longer a measurement may last to contain its checkpoints.
constexpr std::uint64_t extension_max = 120 * nanoseconds_per_second;

// In tenths of a second, rounded up: finer guesses would only make plans look different.
std::uint64_t setup_expected(std::uint64_t accounts) {
    const std::uint64_t tenths = (accounts + accounts_per_tenth - 1) / accounts_per_tenth;
    return tenths * (nanoseconds_per_second / 10);
}

void add_for_members(std::vector<Step>& steps, const spec::Cell& cell, Step step) {
    for (std::uint32_t member = 0; member < cell.cluster.replicas; ++member) {
        step.member = member;
        steps.push_back(step);
    }
}

Step warm_up_step(const spec::Cell& cell, elytra::bench::ArrivalModel model, Place place) {
    const spec::WarmupSpec& warmup = cell.measure.warmup;
    const bool rises = model == elytra::bench::ArrivalModel::open &&
                       (place == Place::alone || place == Place::first);
    const std::uint64_t ramp = rises ? warmup.ramp_nanoseconds : 0;
    const std::uint64_t least =
        warmup.until_steady ? std::max(warmup.minimum_nanoseconds, warmup.window_nanoseconds)
                            : warmup.minimum_nanoseconds;
    return {.kind = StepKind::warm_up,
            .member = std::nullopt,
            .expected_nanoseconds = ramp + least,
            .deadline_nanoseconds = ramp + warmup.maximum_nanoseconds + margin};
}

void add_begin(std::vector<Step>& steps, const spec::Cell& cell) {
    add_for_members(steps, cell,
                    {.kind = StepKind::format,
                     .expected_nanoseconds = format_expected,
                     .deadline_nanoseconds = format_deadline});
    add_for_members(steps, cell, {.kind = StepKind::start, .deadline_nanoseconds = start_deadline});
    steps.push_back({.kind = StepKind::ready,
                     .expected_nanoseconds = ready_expected,
                     .deadline_nanoseconds = cell.cluster.ready_timeout_nanoseconds});
    steps.push_back({.kind = StepKind::setup,
                     .expected_nanoseconds = setup_expected(cell.traffic.workload.account_count),
                     .deadline_nanoseconds = cell.traffic.register_timeout_nanoseconds + margin});
}

void add_end(std::vector<Step>& steps, const spec::Cell& cell) {
    steps.push_back({.kind = StepKind::drain,
                     .expected_nanoseconds = drain_expected,
                     .deadline_nanoseconds = 2 * cell.traffic.drain_timeout_nanoseconds + margin});
    add_for_members(steps, cell,
                    {.kind = StepKind::stop,
                     .expected_nanoseconds = stop_expected,
                     .deadline_nanoseconds = cell.cluster.stop_timeout_nanoseconds});
    if (cell.cluster.lifetime == spec::Lifetime::ephemeral) {
        steps.push_back({.kind = StepKind::remove, .deadline_nanoseconds = remove_deadline});
    }
}

}  // namespace

std::vector<Step> steps_of(const spec::Cell& cell, elytra::bench::ArrivalModel model, Place place) {
    const spec::MeasureSpec& measure = cell.measure;
    std::vector<Step> steps;
    if (place == Place::alone || place == Place::first) add_begin(steps, cell);
    steps.push_back(warm_up_step(cell, model, place));
    const std::uint64_t extension = measure.cover_checkpoints == 0 ? 0 : extension_max;
    steps.push_back({.kind = StepKind::measure,
                     .expected_nanoseconds = measure.duration_nanoseconds,
                     .deadline_nanoseconds = measure.duration_nanoseconds + extension + margin});
    if (place == Place::alone || place == Place::last) add_end(steps, cell);
    return steps;
}

}  // namespace elytractl::plan
