#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/cli/bench_flow.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "server/common/result.hpp"

// A run says in its folder what was asked for, so that the same can be asked for again.
namespace elytractl::cli {

// In the folder of a run.
inline constexpr const char* request_file_name = "request.json";

// The content of that file.
nlohmann::ordered_json request_json(const BenchRequest& request,
                                    std::span<const report::Subject> subjects);

struct RerunOptions {
    std::string run;        // as people name runs
    std::string directory;  // of the runs
    std::string binary;     // to measure instead; empty: the same bytes as then
};

struct RerunError {
    ExitCode code = ExitCode::usage;
    std::string text;
};

// The same documents, kind, seeds and programs as those of a run, from its folder. Refuses where
// this version would measure something else than what the plan of the run says.
elytra::Result<BenchRequest, RerunError> rerun_request(const RerunOptions& options);

}  // namespace elytractl::cli
