#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

#include <fmt/core.h>

namespace spdlog {
class logger;
}

namespace elytra::io {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

// Lines for humans, one shape for all programs (server-cli spec, 1.4), in UTC:
//   2024-05-01 12:00:00.123Z info(journal): text
// A value: copies write to the same stream. Lines of different threads do not mix.
class Log {
public:
    // The default scope, whose lines have no parentheses. `stream` outlives the log and its copies.
    explicit Log(LogLevel threshold, std::FILE* stream = stderr);

    // The same stream and threshold under the name of a part of the program.
    Log scoped(std::string_view scope) const;

    // A human must act.
    template <class... Args>
    void error(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::error, format, fmt::make_format_args(args...));
    }

    // Works, but degraded.
    template <class... Args>
    void warning(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::warning, format, fmt::make_format_args(args...));
    }

    // A rare fact of life.
    template <class... Args>
    void info(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::info, format, fmt::make_format_args(args...));
    }

    // Whatever happens once a message.
    template <class... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args) const {
        write(LogLevel::debug, format, fmt::make_format_args(args...));
    }

private:
    explicit Log(std::shared_ptr<spdlog::logger> logger);

    void write(LogLevel level, fmt::string_view format, fmt::format_args args) const;

    std::shared_ptr<spdlog::logger> logger_;  // shared, because copies of a Log are one log
};

}  // namespace elytra::io
