#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/cli/exit_code.hpp"

// What verbs say: results on standard output, all else on standard error.
namespace elytractl::cli {

// "error: TEXT"
void print_error(std::string_view text);

// "warning: TEXT"
void print_warning(std::string_view text);

// Prints the error that ends a verb.
ExitCode refuse(std::string_view text, ExitCode code);

// `code`, or unclassified if the result could not be written. A reader that has seen enough is no
// error.
ExitCode print_result(std::string_view text, ExitCode code = ExitCode::success);

// The same, indented and with a line break. Bytes that are no text are replaced.
ExitCode print_json(const nlohmann::json& value, ExitCode code = ExitCode::success);

}  // namespace elytractl::cli
