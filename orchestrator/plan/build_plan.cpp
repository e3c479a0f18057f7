#include "orchestrator/plan/build_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/plan/steps.hpp"
#include "server/common/assert.hpp"
#include "server/common/prng.hpp"

namespace elytractl::plan {
namespace {

constexpr std::uint32_t pairs_in_group = 2;  // blocks of a and b between two of noise

// Returns the index.
std::uint32_t add(Plan& plan, Measurement measurement) {
    measurement.index = static_cast<std::uint32_t>(plan.measurements.size());
    measurement.steps =
        steps_of(plan.cell_of(measurement), arrival_model(plan, measurement), measurement.place);
    plan.measurements.push_back(std::move(measurement));
    return plan.measurements.back().index;
}

// The one rate of an open schedule; none where it varies or is not known yet.
std::optional<double> flat_rate(const spec::Cell& cell) {
    const auto& stretches = cell.traffic.arrival.stretches;
    if (stretches.size() != 1 || !stretches[0].is_flat()) {
        return std::nullopt;
    }
    return static_cast<double>(stretches[0].rate_begin);
}

std::uint32_t add_probe(Plan& plan, std::uint32_t cell) {
    return add(plan, {.role = Role::probe, .cell = cell});
}

// One repeat of a cell: its rate, or every fraction of what its probe finds.
void add_repeat(Plan& plan, std::uint32_t index, std::uint32_t repeat,
                std::optional<std::uint32_t> probe) {
    const spec::Cell& cell = plan.subjects[0].cells[index];
    if (!probe.has_value()) {
        add(plan, {.cell = index, .repeat = repeat, .rate = flat_rate(cell)});
        return;
    }
    for (const double fraction : cell.rate_fractions) {
        add(plan, {.cell = index, .repeat = repeat, .rate_fraction = fraction, .probe = probe});
    }
}

// A step of a sweep.
struct Offer {
    double fraction = 0;
    Direction direction = Direction::up;
};

std::vector<Offer> offers_of(const SweepOptions& options) {
    const std::vector<double>& fractions = options.fractions;
    std::vector<Offer> offers;
    for (const double fraction : fractions) offers.push_back({fraction, Direction::up});
    for (std::size_t index = fractions.size() - 1; index-- > 0;) {
        offers.push_back({fractions[index], Direction::down});
    }
    offers.push_back({fractions.back(), Direction::overload});
    offers.push_back({options.recovery, Direction::recovery});
    return offers;
}

// Requires: two steps at least.
Place place_of(std::size_t step, std::size_t count) {
    if (step == 0) return Place::first;
    return step + 1 == count ? Place::last : Place::between;
}

// Why two specs cannot be compared; empty where they can.
std::string incomparable(const spec::BenchSpec& spec) {
    if (spec.cells.size() != 1) {
        return fmt::format("{}: a comparison is of one configuration, and the matrix has {}",
                           spec.name, spec.cells.size());
    }
    if (!spec.cells[0].rate_fractions.empty()) {
        return fmt::format("{}: a comparison needs a rate that is known, or a closed loop",
                           spec.name);
    }
    return {};
}

// Adds the blocks of a comparison and counts them.
class BlockWriter {
public:
    explicit BlockWriter(Plan& plan) : plan_(plan) {}

    void add_pair(bool b_first) {
        add_block(Role::measurement, pair_, {b_first ? 1U : 0U, b_first ? 0U : 1U});
        ++pair_;
    }

    void add_noise() {
        add_block(Role::noise, noise_, {0U, 0U});
        ++noise_;
    }

private:
    void add_block(Role role, std::uint32_t repeat, std::array<std::uint32_t, 2> subjects) {
        for (const std::uint32_t subject : subjects) {
            add(plan_, {.role = role,
                        .subject = subject,
                        .repeat = repeat,
                        .rate = flat_rate(plan_.subjects[subject].cells[0]),
                        .block = block_});
        }
        ++block_;
    }

    Plan& plan_;
    std::uint32_t block_ = 0;
    std::uint32_t pair_ = 0;
    std::uint32_t noise_ = 0;
};

}  // namespace

Plan build_bench_plan(const spec::BenchSpec& spec) {
    Plan plan{.kind = PlanKind::bench,
              .name = spec.name,
              .subjects = {{.name = {}, .cells = spec.cells}},
              .measurements = {}};
    std::vector<std::optional<std::uint32_t>> probes(spec.cells.size());
    std::uint32_t repeats = 0;
    for (const spec::Cell& cell : spec.cells) repeats = std::max(repeats, cell.measure.repeat);
    for (std::uint32_t repeat = 0; repeat < repeats; ++repeat) {
        for (std::uint32_t index = 0; index < spec.cells.size(); ++index) {
            const spec::Cell& cell = spec.cells[index];
            if (repeat >= cell.measure.repeat) continue;
            const bool probing = repeat == 0 && !cell.rate_fractions.empty();
            if (probing) probes[index] = add_probe(plan, index);
            add_repeat(plan, index, repeat, probes[index]);
        }
    }
    return plan;
}

elytra::Result<Plan, std::string> build_compare_plan(const spec::BenchSpec& a,
                                                     const spec::BenchSpec& b,
                                                     const CompareOptions& options) {
    if (options.pairs == 0 || options.pairs > pairs_max) {
        return elytra::Unexpected(
            fmt::format("pairs ({}): must be 1 to {}", options.pairs, pairs_max));
    }
    for (const spec::BenchSpec* const spec : {&a, &b}) {
        std::string reason = incomparable(*spec);
        if (!reason.empty()) return elytra::Unexpected(std::move(reason));
    }
    Plan plan{.kind = PlanKind::compare,
              .name = a.name,
              .seed = options.seed,
              .subjects = {{.name = "a", .cells = a.cells}, {.name = "b", .cells = b.cells}},
              .measurements = {}};
    elytra::Prng prng(options.seed);
    BlockWriter blocks(plan);
    for (std::uint32_t pair = 0; pair < options.pairs; pair += pairs_in_group) {
        const bool b_first = prng.chance(1, 2);
        blocks.add_pair(b_first);
        if (pair + 1 < options.pairs) blocks.add_pair(!b_first);
        blocks.add_noise();
    }
    return plan;
}

Plan build_sweep_plan(const spec::BenchSpec& spec, const SweepOptions& options) {
    ELYTRA_ASSERT(!options.fractions.empty());
    ELYTRA_ASSERT(std::ranges::is_sorted(options.fractions));
    Plan plan{.kind = PlanKind::sweep,
              .name = spec.name,
              .subjects = {{.name = {}, .cells = spec.cells}},
              .measurements = {}};
    for (std::uint32_t cell = 0; cell < spec.cells.size(); ++cell) {
        const std::uint32_t probe = add_probe(plan, cell);
        const std::vector<Offer> offers = offers_of(options);
        for (std::size_t step = 0; step < offers.size(); ++step) {
            add(plan, {.cell = cell,
                       .rate_fraction = offers[step].fraction,
                       .probe = probe,
                       .direction = offers[step].direction,
                       .place = place_of(step, offers.size())});
        }
    }
    return plan;
}

}  // namespace elytractl::plan
