#include "orchestrator/records/command_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/value_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;
using nlohmann::json;
using report::flag_of;
using report::number_of;
using report::part_of;
using report::text_of;

constexpr mode_t file_mode = 0600;
constexpr std::size_t log_size_max = std::size_t{1} << 20;
constexpr std::size_t arguments_size_max = std::size_t{16} << 10;
constexpr std::string_view line_begin = R"({"number":)";
constexpr double nanoseconds_per_millisecond = 1e6;

Unexpected<std::string> failure(std::string_view action, const std::string& path) {
    return Unexpected(fmt::format("cannot {} {}: {}", action, path, elytra::io::error_text(errno)));
}

// Numbers stand in front, so that they are found without parsing.
std::string line_of(std::uint64_t number, const json& members) {
    const std::string rest = members.dump(-1, ' ', false, json::error_handler_t::replace);
    return fmt::format("{}{},{}\n", line_begin, number, rest.substr(1));
}

std::optional<std::uint64_t> number_of_line(std::string_view line) {
    if (!line.starts_with(line_begin)) return std::nullopt;
    line.remove_prefix(line_begin.size());
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// Tells a process from a later one with the same number; in ticks since the machine was started.
std::optional<std::uint64_t> start_of_process(std::int64_t process) {
    constexpr std::size_t stat_size_max = 4096;
    // Counted behind the name, which is in parentheses and may contain anything.
    constexpr int fields_before = 20;
    const FileDescriptor file(
        ::open(fmt::format("/proc/{}/stat", process).c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, stat_size_max> bytes{};
    const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
    if (count <= 0) return std::nullopt;
    std::string_view text(bytes.data(), elytra::narrow<std::size_t>(count));
    text.remove_prefix(std::min(text.rfind(')'), text.size()));
    for (int field = 0; field < fields_before; ++field) {
        text.remove_prefix(std::min(text.find(' ') + 1, text.size()));
    }
    std::uint64_t ticks = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
    return error == std::errc() ? std::optional(ticks) : std::nullopt;
}

Result<FileDescriptor, std::string> lock_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string path = folder + "/commands.lock";
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!file.is_open()) return failure("open", path);
    while (::flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return failure("lock", path);
    }
    return file;
}

// A line that a crash has cut must not swallow the next one.
bool ends_within_line(const FileDescriptor& file, std::uint64_t size) {
    char last = '\n';
    if (size > 0 && ::pread(file.get(), &last, 1, elytra::narrow<off_t>(size - 1)) != 1) {
        return false;
    }
    return last != '\n';
}

json members_of(const CommandBegin& command) {
    json members{{"started", report::iso_time(command.time)},
                 {"directory", command.directory},
                 {"arguments", json::array()},
                 {"process", command.process},
                 {"user", command.user}};
    const auto start = start_of_process(command.process);
    members["process_start"] = start ? json(*start) : json(nullptr);
    std::size_t size = 0;
    for (const std::string& argument : command.arguments) size += argument.size() + 1;
    for (const auto& [name, value] : command.environment) size += name.size() + value.size() + 2;
    if (size <= arguments_size_max) {
        members["arguments"] = command.arguments;
        members["environment"] = command.environment;
        return members;
    }
    members["cut"] = true;
    std::size_t left = arguments_size_max;
    for (const std::string& argument : command.arguments) {
        if (argument.size() + 1 > left) break;
        left -= argument.size() + 1;
        members["arguments"].push_back(argument);
    }
    return members;
}

std::uint64_t whole_of(const json& object, std::string_view key) {
    const json& value = part_of(object, key);
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

LoggedCommand begun(std::uint64_t number, const json& line) {
    LoggedCommand command{.number = number,
                          .started = text_of(line, "started"),
                          .directory = text_of(line, "directory"),
                          .arguments = report::texts_of(line, "arguments"),
                          .cut = flag_of(line, "cut"),
                          .environment = {},
                          .process = static_cast<std::int64_t>(whole_of(line, "process")),
                          .user = text_of(line, "user"),
                          .state = CommandState::killed,
                          .end = std::nullopt};
    const json& environment = part_of(line, "environment");
    if (environment.is_object()) {
        for (const auto& [name, value] : environment.items()) {
            if (value.is_string()) command.environment[name] = value.get<std::string>();
        }
    }
    const auto start = start_of_process(command.process);
    if (start && *start == whole_of(line, "process_start")) command.state = CommandState::running;
    return command;
}

void add_line(std::map<std::uint64_t, LoggedCommand>& commands, std::string_view text) {
    const auto number = number_of_line(text);
    const json line = json::parse(text, nullptr, false);
    if (!number || !line.is_object()) return;
    if (line.contains("arguments")) {
        commands.insert_or_assign(*number, begun(*number, line));
        return;
    }
    const auto found = commands.find(*number);
    const json& status = part_of(line, "status");
    if (found == commands.end() || !status.is_number_integer()) return;
    found->second.state = CommandState::ended;
    found->second.end = CommandEnd{.status = status.get<int>(),
                                   .duration_milliseconds = whole_of(line, "duration_ms"),
                                   .run = text_of(line, "run")};
}

std::string_view to_text(CommandState state) {
    switch (state) {
        case CommandState::ended:
            return "ended";
        case CommandState::running:
            return "running";
        case CommandState::killed:
            return "killed";
    }
    return {};
}

}  // namespace

Result<std::uint64_t, std::string> CommandLog::begin(const CommandBegin& command) {
    const auto lock = lock_folder(folder_);
    if (!lock.has_value()) return Unexpected(lock.error());
    const std::uint64_t number = last_number() + 1;
    const auto written = append(line_of(number, members_of(command)));
    if (!written.has_value()) return Unexpected(written.error());
    return number;
}

Result<void, std::string> CommandLog::end(std::uint64_t number, const CommandEnd& end) {
    const auto lock = lock_folder(folder_);
    if (!lock.has_value()) return Unexpected(lock.error());
    json members{{"status", end.status}, {"duration_ms", end.duration_milliseconds}};
    if (!end.run.empty()) members["run"] = end.run;
    return append(line_of(number, members));
}

// Requires: the lock.
Result<void, std::string> CommandLog::append(std::string line) {
    constexpr int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    FileDescriptor file(::open(path().c_str(), flags, file_mode));

    struct stat status {};

    if (!file.is_open() || ::fstat(file.get(), &status) != 0) return failure("open", path());
    auto size = elytra::narrow<std::uint64_t>(status.st_size);
    if (size > 0 && size + line.size() > log_size_max) {
        if (::rename(path().c_str(), old_path().c_str()) != 0) return failure("rename", path());
        file.reset(::open(path().c_str(), flags, file_mode));
        if (!file.is_open()) return failure("open", path());
        size = 0;
    }
    if (ends_within_line(file, size)) line.insert(line.begin(), '\n');
    if (::write(file.get(), line.data(), line.size()) != elytra::narrow<ssize_t>(line.size())) {
        return failure("write", path());
    }
    return {};
}

// Of both files: the younger one may have nothing but ends of commands that began in the older.
std::uint64_t CommandLog::last_number() const {
    std::uint64_t last = 0;
    for (const std::string& file : {path(), old_path()}) {
        for_each_line(read_file(file, log_size_max).value_or(std::string()),
                      [&last](std::string_view line) {
                          last = std::max(last, number_of_line(line).value_or(0));
                      });
    }
    return last;
}

std::vector<LoggedCommand> CommandLog::read() const {
    std::map<std::uint64_t, LoggedCommand> commands;
    for (const std::string& file : {old_path(), path()}) {
        for_each_line(read_file(file, log_size_max).value_or(std::string()),
                      [&commands](std::string_view line) { add_line(commands, line); });
    }
    std::vector<LoggedCommand> list;
    for (auto& [number, command] : commands) list.push_back(std::move(command));
    return list;
}

std::string default_state_folder() {
    const auto variable = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    std::string state = variable("XDG_STATE_HOME");
    if (state.empty()) state = variable("HOME") + "/.local/state";
    return state + "/elytractl";
}

json command_list_json(const std::vector<LoggedCommand>& commands, std::size_t count) {
    json list = json::array();
    for (std::size_t at = commands.size() - std::min(count, commands.size()); at < commands.size();
         ++at) {
        const LoggedCommand& command = commands[at];
        const auto& end = command.end;
        list.push_back({{"number", command.number},
                        {"started", command.started},
                        {"directory", command.directory},
                        {"arguments", command.arguments},
                        {"cut", command.cut},
                        {"environment", command.environment},
                        {"process", command.process},
                        {"user", command.user},
                        {"state", to_text(command.state)},
                        {"status", end ? json(end->status) : json(nullptr)},
                        {"duration_ms", end ? json(end->duration_milliseconds) : json(nullptr)},
                        {"run", end && !end->run.empty() ? json(end->run) : json(nullptr)}});
    }
    return list;
}

std::string command_list_text(const json& list) {
    if (list.empty()) return "no commands\n";
    Table table({"number", "started", "user", "took", "status", "run", "command"});
    for (const json& command : list) {
        const auto duration = number_of(command, "duration_ms");
        const auto status = number_of(command, "status");
        const std::string run = text_of(command, "run");
        table.add(
            {fmt::to_string(whole_of(command, "number")), text_of(command, "started"),
             text_of(command, "user"),
             duration ? quantities::duration_text(*duration * nanoseconds_per_millisecond) : "-",
             status ? fmt::format("{:.0f}", *status) : text_of(command, "state"),
             run.empty() ? "-" : run,
             report::shell_command(part_of(command, "arguments")) +
                 (flag_of(command, "cut") ? " ..." : "")});
    }
    return table.text();
}

}  // namespace elytractl::records
