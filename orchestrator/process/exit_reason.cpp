#include "orchestrator/process/exit_reason.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/io/exit_code.hpp"

namespace elytractl::process {
namespace {

using run::ExitReason;

// How servers of this family, and the C library, speak of it.
constexpr std::array disk_full_texts{"No space left on device", "NoSpaceLeft", "ENOSPC",
                                     "disk is full", "device is full"};
constexpr std::array port_taken_texts{"Address already in use", "AddressInUse", "EADDRINUSE"};

template <class Texts>
bool says_any(std::string_view log, const Texts& texts) {
    return std::ranges::any_of(
        texts, [&](const char* text) { return log.find(text) != std::string_view::npos; });
}

bool ended_as_told(const ExitFacts& facts) {
    return facts.told_to_stop && (facts.exit.exit_code == 0 || facts.exit.signal == SIGTERM);
}

std::string_view meaning_of(ExitReason reason) {
    switch (reason) {
        case ExitReason::stopped:
        case ExitReason::exited:
        case ExitReason::signalled:
            return "";
        case ExitReason::killed_by_us:
            return ": it did not end when told to";
        case ExitReason::out_of_memory:
            return ": the kernel killed it because memory ran out";
        case ExitReason::disk_full:
            return ": its disk is full";
        case ExitReason::port_taken:
            return ": its port is taken";
        case ExitReason::never_ready:
            return ": it served no request in time";
    }
    ELYTRA_ASSERT(false);
}

}  // namespace

ExitReason exit_reason(const ExitFacts& facts) {
    if (ended_as_told(facts)) return ExitReason::stopped;
    if (facts.killed.has_value()) return *facts.killed;
    if (facts.exit.signal == SIGKILL && facts.oom_kill) return ExitReason::out_of_memory;
    const bool no_space =
        facts.elytra && facts.exit.exit_code == static_cast<int>(elytra::io::ExitCode::no_space);
    if (no_space || says_any(facts.log_tail, disk_full_texts)) return ExitReason::disk_full;
    if (says_any(facts.log_tail, port_taken_texts)) return ExitReason::port_taken;
    return facts.exit.exit_code.has_value() ? ExitReason::exited : ExitReason::signalled;
}

bool is_good(ExitReason reason) { return reason == ExitReason::stopped; }

std::string reason_text(const std::string& member, ExitReason reason, const ExitFacts& facts) {
    std::string text =
        fmt::format("{} {}{}", member, elytra::io::to_text(facts.exit), meaning_of(reason));
    if (!facts.log_tail.empty()) text += fmt::format("; it said:\n{}", facts.log_tail);
    return text;
}

}  // namespace elytractl::process
