#pragma once

#include <cstddef>
#include <cstdint>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl audit: the commands that changed or measured something.
class AuditVerb {
public:
    // Outlives what CLI11 and main do with the two, as does the verb below.
    AuditVerb(CLI::App& app, Action& chosen);
    AuditVerb(const AuditVerb&) = delete;
    AuditVerb& operator=(const AuditVerb&) = delete;

private:
    ExitCode run() const;

    std::size_t count_ = 20;
    bool json_ = false;
};

// elytractl replay: one of them again, where and as it was given.
class ReplayVerb {
public:
    ReplayVerb(CLI::App& app, Action& chosen);
    ReplayVerb(const ReplayVerb&) = delete;
    ReplayVerb& operator=(const ReplayVerb&) = delete;

private:
    ExitCode run() const;

    std::uint64_t number_ = 0;
    bool dry_run_ = false;
};

}  // namespace elytractl::cli
