#include "server/io/logging.hpp"

#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace elytra::io {

namespace {

using StreamSink = spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;

// The name of the logger in parentheses, or nothing for the default scope.
class ScopeFlag : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& line) override {
        if (message.logger_name.size() == 0) return;
        fmt::format_to(std::back_inserter(line), "({})",
                       std::string_view(message.logger_name.data(), message.logger_name.size()));
    }

    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<ScopeFlag>();
    }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::debug:
            return spdlog::level::debug;
    }
    std::abort();
}

std::shared_ptr<spdlog::logger> open_logger(LogLevel threshold, std::FILE* stream) {
    auto formatter =
        std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<ScopeFlag>('*').set_pattern("%Y-%m-%d %H:%M:%S.%eZ %l%*: %v");
    auto logger = std::make_shared<spdlog::logger>("", std::make_shared<StreamSink>(stream));
    logger->set_formatter(std::move(formatter));
    logger->set_level(spdlog_level(threshold));
    return logger;
}

}  // namespace

Log::Log(LogLevel threshold, std::FILE* stream) : logger_(open_logger(threshold, stream)) {}

Log::Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

Log Log::scoped(std::string_view scope) const { return Log(logger_->clone(std::string(scope))); }

void Log::write(LogLevel level, fmt::string_view format, fmt::format_args args) const {
    const spdlog::level::level_enum wanted = spdlog_level(level);
    if (!logger_->should_log(wanted)) return;
    fmt::memory_buffer text;
    fmt::vformat_to(fmt::appender(text), format, args);
    logger_->log(wanted, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace elytra::io
