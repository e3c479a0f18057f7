#include "orchestrator/cli/console.hpp"

#include <cerrno>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace elytractl::cli {

void print_error(std::string_view text) { fmt::print(stderr, "error: {}\n", text); }

void print_warning(std::string_view text) { fmt::print(stderr, "warning: {}\n", text); }

ExitCode refuse(std::string_view text, ExitCode code) {
    print_error(text);
    return code;
}

ExitCode print_result(std::string_view text, ExitCode code) {
    errno = 0;
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    const bool flushed = std::fflush(stdout) == 0;
    return (written && flushed) || errno == EPIPE ? code : ExitCode::unclassified;
}

ExitCode print_json(const nlohmann::json& value, ExitCode code) {
    constexpr int indent = 2;
    const auto replace = nlohmann::json::error_handler_t::replace;
    return print_result(value.dump(indent, ' ', false, replace) + "\n", code);
}

}  // namespace elytractl::cli
