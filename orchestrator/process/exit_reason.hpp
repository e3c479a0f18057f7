#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/run/outcome.hpp"
#include "server/io/child.hpp"

namespace elytractl::process {

// All that is known of the end of a member.
struct ExitFacts {
    elytra::io::ChildExit exit;
    bool told_to_stop = false;              // by us, gently or by SIGTERM
    std::optional<run::ExitReason> killed;  // SIGKILL of ours, and what for
    bool oom_kill = false;                  // the kernel has counted one meanwhile
    bool elytra = false;                    // status 2 means a full disk
    std::string_view log_tail;
};

run::ExitReason exit_reason(const ExitFacts& facts);

// Whether a member that ended for this reason did what it was told.
bool is_good(run::ExitReason reason);

// A sentence for a bad end: "r0 exited with status 2: its disk is full; it said:" and its log.
std::string reason_text(const std::string& member, run::ExitReason reason, const ExitFacts& facts);

}  // namespace elytractl::process
