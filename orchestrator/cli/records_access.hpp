#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/records/run_index.hpp"
#include "orchestrator/records/stored_run.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// What all verbs about runs have in common.
struct RecordsOptions {
    std::string directory = "runs";
    bool json = false;
};

void declare_records(CLI::App& command, RecordsOptions& options);

// The record of something on stdout, as text or, with --json, as it is.
ExitCode print_record(const RecordsOptions& options, const nlohmann::json& record,
                      std::string_view text);

// Prints warnings, or why there is no index, to stderr.
std::optional<records::RunIndex> open_index(const RecordsOptions& options);

// The id that `text` stands for; says on stderr when there is none.
std::optional<std::string> find_run(records::RunIndex& index, const std::string& text);

// The same with what its folder says.
std::optional<records::StoredRun> load_run(records::RunIndex& index, const std::string& text);

}  // namespace elytractl::cli
