#pragma once

#include <cstdint>
#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/records_access.hpp"
#include "orchestrator/records/redaction.hpp"

namespace elytractl::cli {

// elytractl bundle [RUN]: packs the folder of a run for somebody else to look at.
class BundleVerb {
public:
    // Outlives what CLI11 and main do with the two.
    BundleVerb(CLI::App& app, Action& chosen);
    BundleVerb(const BundleVerb&) = delete;
    BundleVerb& operator=(const BundleVerb&) = delete;

private:
    ExitCode run();

    RecordsOptions records_;
    std::string run_;
    std::string output_;
    std::uint64_t size_max_ = std::uint64_t{64} << 20;
    bool no_redact_ = false;
};

// Secrets of this process, the home directory of its user and the name of the machine.
records::Redaction redaction_here();

// Packs a run that went wrong into its own folder and says so on standard error. What it cannot
// write is a warning.
void bundle_failed_run(const std::string& folder);

}  // namespace elytractl::cli
