#include "orchestrator/host/memory_checks.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "orchestrator/quantities/quantity.hpp"

namespace elytractl::host {
namespace {

constexpr std::uint64_t gibibyte = 1ULL << 30;
constexpr std::uint64_t memory_needed = gibibyte;  // of one server
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Finding check_memory(const HostFacts& facts) {
    const std::uint64_t limit = facts.environment.control_group.memory_bytes.value_or(no_limit);
    const std::uint64_t usable = std::min(facts.memory_available_bytes, limit);
    Finding finding{.id = "memory",
                    .text = fmt::format("{} RAM, {} usable",
                                        quantities::bytes_text(facts.environment.ram_bytes),
                                        quantities::bytes_text(usable)),
                    .value = fmt::format("{}", usable)};
    if (limit != no_limit)
        finding.text += fmt::format(" (control group: {})", quantities::bytes_text(limit));
    if (usable >= memory_needed) return finding;
    finding.level = Level::warn;
    finding.advice = fmt::format("a loaded server takes about {}; free memory or raise the limit",
                                 quantities::bytes_text(memory_needed));
    return finding;
}

Finding check_swap(const HostFacts& facts) {
    const std::uint64_t swap = facts.environment.swap_bytes;
    if (swap == 0) return {.id = "swap", .text = "no swap", .value = "0"};
    const bool used = facts.swap_used_bytes > 0;
    return {.id = "swap",
            .level = used ? Level::warn : Level::note,
            .text = fmt::format("{} swap, {} in use", quantities::bytes_text(swap),
                                quantities::bytes_text(facts.swap_used_bytes)),
            .value = fmt::format("{}", facts.swap_used_bytes),
            .advice = "pages of a server may be swapped out; run `swapoff -a`"};
}

Finding check_memlock(const HostFacts& facts) {
    if (facts.may_lock_memory || facts.memlock_bytes == no_limit) {
        return {.id = "memlock",
                .text = "servers may lock their memory",
                .value = facts.may_lock_memory ? "CAP_IPC_LOCK" : "unlimited"};
    }
    const bool swap = facts.environment.swap_bytes > 0;
    return {.id = "memlock",
            .level = swap ? Level::warn : Level::note,
            .text = fmt::format("memory that may be locked: {}",
                                quantities::bytes_text(facts.memlock_bytes)),
            .value = fmt::format("{}", facts.memlock_bytes),
            .advice = swap ? "run `ulimit -l unlimited`, or turn swap off"
                           : "harmless without swap; else `ulimit -l unlimited`"};
}

Finding check_huge_pages(const HostFacts& facts) {
    const std::string& mode = facts.environment.huge_pages;
    const bool always = mode.find("[always]") != std::string::npos;
    return {.id = "huge_pages",
            .level = always ? Level::note : Level::ok,
            .text = fmt::format("transparent huge pages: {}", mode.empty() ? "none" : mode),
            .value = mode,
            .advice = always ? "resident sizes grow in steps of 2 MiB; madvise is easier to compare"
                             : ""};
}

}  // namespace elytractl::host
