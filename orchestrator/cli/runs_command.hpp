#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/records_access.hpp"
#include "orchestrator/cli/runs_gc.hpp"

namespace elytractl::cli {

// elytractl runs ls|show|diff|export|tag|gc: what was measured before.
class RunsVerb {
public:
    // Outlives what CLI11 and main do with the two.
    RunsVerb(CLI::App& app, Action& chosen);
    RunsVerb(const RunsVerb&) = delete;
    RunsVerb& operator=(const RunsVerb&) = delete;

private:
    using Run = ExitCode (RunsVerb::*)();

    CLI::App* declare(CLI::App& runs, const char* name, const char* description, Run run);
    void declare_export(CLI::App& runs);
    void declare_gc(CLI::App& runs);

    ExitCode list();
    ExitCode show();
    ExitCode diff();
    ExitCode export_metrics();
    ExitCode tag();
    ExitCode collect();

    Action& chosen_;
    RecordsOptions records_;
    std::string kind_;  // ls
    std::string tag_wanted_;
    std::optional<std::uint64_t> count_max_;
    std::string run_;  // show, diff, tag
    std::string run_other_;
    std::vector<std::string> runs_;  // export
    std::string metric_;
    bool csv_ = true;
    std::string output_;
    std::vector<std::string> tags_;  // tag
    bool remove_tags_ = false;
    GarbageOptions garbage_;
};

}  // namespace elytractl::cli
