#include "tests/sim/plan.hpp"

#include <array>

#include "server/common/prng.hpp"
#include "server/storage/layout.hpp"

namespace elytra::sim {
namespace {

// Draws from [low, high], or 0 with the given probability.
std::uint32_t draw(Prng& prng, std::uint32_t off_percent, std::uint32_t low, std::uint32_t high) {
    const auto value = static_cast<std::uint32_t>(prng.between(low, high));
    return prng.chance(off_percent, 100) ? 0 : value;
}

void draw_load(Plan& plan, Prng prng) {
    plan.clients = static_cast<std::uint32_t>(prng.between(1, 2 * limits_tiny().sessions_max));
    plan.requests = static_cast<std::uint32_t>(prng.between(20, plan.production ? 60 : 250));
    plan.think_percent = draw(prng, 50, 1, 95);
    plan.workload.accounts = static_cast<std::uint32_t>(prng.between(3, 16));
    plan.workload.events_max = static_cast<std::uint32_t>(prng.between(1, 60));
    plan.workload.invalid_percent = draw(prng, 30, 1, 40);
    plan.workload.linked_percent = draw(prng, 40, 1, 60);
    plan.workload.two_phase_percent = draw(prng, 30, 1, 90);
    plan.workload.reads_percent = draw(prng, 30, 1, 70);
    plan.workload.timeout_max = draw(prng, 30, 1, 4);
}

void draw_machine(Plan& plan, Prng prng) {
    plan.turn_milliseconds = static_cast<std::uint32_t>(prng.between(1, 20));
    plan.io_per_turn_max = static_cast<std::uint32_t>(prng.between(1, 8));
    plan.work_per_turn_max = static_cast<std::uint32_t>(prng.between(1, 6));
    if (prng.chance(1, 2)) {
        using enum storage::IoOwner;
        constexpr std::array owners{superblock, journal,       page_store,     page_cache,
                                    merge_read, state_restore, session_restore};
        plan.io_starved = owners[prng.below(owners.size())];
    }
    plan.job_percent = draw(prng, 30, 5, 90);
    plan.crash_permille = draw(prng, 40, 1, 15);
    // A checkpoint has writes at risk for most of its time.
    plan.crash_busy_permille = draw(prng, 40, 1, 15);
    plan.wall_step_permille = draw(prng, 60, 1, 30);
    if (prng.chance(1, 8)) {
        const std::uint64_t empty = storage::layout_of(plan.limits).page_store_offset;
        plan.file_size_max = empty + prng.between(1, 12) * plan.limits.extent_step;
    }
    if (plan.bug != PlantedBug::none) {
        plan.crash_busy_permille = 20;
        return;
    }
    plan.flush_fault_permille = draw(prng, 60, 1, 200);
    if (!prng.chance(1, 4)) return;
    plan.fault_percent = draw(prng, 30, 10, 80);
    plan.write_fault_permille = draw(prng, 50, 1, 20);
    plan.read_fault_permille = draw(prng, 50, 1, 20);
}

void draw_network(Plan& plan, Prng prng) {
    plan.delay_turns_max = draw(prng, 40, 1, 100);
    plan.loss_percent = draw(prng, 40, 1, 30);
    plan.duplicate_percent = draw(prng, 40, 1, 40);
    plan.corrupt_percent = draw(prng, 80, 1, 5);
}

}  // namespace

Plan plan_of(std::uint64_t seed, PlantedBug bug) {
    const Prng prng(seed);
    Prng kind = prng.split(0);
    Plan plan;
    plan.seed = seed;
    plan.bug = bug;
    plan.production = bug == PlantedBug::none && kind.chance(1, 50);
    plan.limits = plan.production ? limits_production() : limits_tiny();
    draw_load(plan, prng.split(1));
    draw_machine(plan, prng.split(2));
    draw_network(plan, prng.split(3));
    return plan;
}

std::string to_text(const Plan& plan) {
    const auto item = [](const char* name, std::uint64_t value) {
        return std::string(" ") + name + "=" + std::to_string(value);
    };
    return std::string(plan.production ? "limits=production" : "limits=tiny") +
           item("clients", plan.clients) + item("requests", plan.requests) +
           item("events", plan.workload.events_max) + item("turn_ms", plan.turn_milliseconds) +
           item("job", plan.job_percent) +
           item("crash_permille", plan.crash_permille + plan.crash_busy_permille) +
           item("delay", plan.delay_turns_max) + item("loss", plan.loss_percent) +
           item("duplicate", plan.duplicate_percent) + item("corrupt", plan.corrupt_percent) +
           item("wall_step", plan.wall_step_permille) + item("faults", plan.fault_percent) +
           item("write_faults", plan.write_fault_permille) +
           item("read_faults", plan.read_fault_permille) +
           item("flush_faults", plan.flush_fault_permille) + item("file_max", plan.file_size_max);
}

}  // namespace elytra::sim
