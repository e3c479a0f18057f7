#pragma once

#include <cstdint>
#include <string>

#include "server/cli/flags.hpp"

namespace elytra::cli {

enum class Verbosity : std::uint8_t { brief, verbose };

struct VersionOptions {
    Verbosity verbosity = Verbosity::brief;
};

Request<VersionOptions> parse_version_options(Arguments arguments);

// The first line names our version and the one whose protocol we speak. Verbose adds groups of
// "group.key=value" lines: sizes in bytes, times with a unit, texts in quotes.
std::string version_text(Verbosity verbosity);

int run_version(const VersionOptions& options);

}  // namespace elytra::cli
