#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/common/result.hpp"

namespace elytra::bench {

// Creates the data file of a stand-in, which nothing is ever written to; it stays
// one sector of zeros. Never replaces a file. The error is one line.
Result<void, std::string> create_blank_file(const std::string& path);

// A whole program with a server's command line (`format PATH`, `start --addresses=… PATH`,
// `version`) that serves a NullLedger. It reports its port and ends as `elytra start` does.
// Returns the exit status; does not return when a signal ends it.
int run_null_server(std::span<const std::string_view> arguments);

}  // namespace elytra::bench
