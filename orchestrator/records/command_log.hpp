#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "server/common/result.hpp"
#include "server/common/time.hpp"

namespace elytractl::records {

// What is known of a command when it begins.
struct CommandBegin {
    elytra::WallTime time;
    std::string directory;                           // in which it was given
    std::vector<std::string> arguments;              // its own name first
    std::map<std::string, std::string> environment;  // variables that it looks at
    std::int64_t process = 0;
    std::string user;
};

// What it came to.
struct CommandEnd {
    int status = 0;  // exit status
    std::uint64_t duration_milliseconds = 0;
    std::string run;  // that it has made; empty where it made none
};

enum class CommandState : std::uint8_t {
    ended,
    running,
    killed,  // its process is gone and has not said how it ended
};

struct LoggedCommand {
    std::uint64_t number = 0;
    std::string started;  // ISO 8601
    std::string directory;
    std::vector<std::string> arguments;
    bool cut = false;  // too long to be kept whole
    std::map<std::string, std::string> environment;
    std::int64_t process = 0;
    std::string user;
    CommandState state = CommandState::killed;
    std::optional<CommandEnd> end;  // of one that has ended
};

// Every command that changes or measures something: a line of JSON when it begins and another when
// it ends, in FOLDER/commands.jsonl. Any number of processes may use one folder: numbers are given
// and lines are written under FOLDER/commands.lock, each line in one write. A file that is full
// becomes commands.1.jsonl in place of the one before, so that the log never grows beyond twice its
// limit. Readable by its owner alone, because arguments may say what is nobody else's business.
class CommandLog {
public:
    // The folder is made when something is written.
    explicit CommandLog(std::string folder) : folder_(std::move(folder)) {}

    // The number of the command. Errors are sentences.
    elytra::Result<std::uint64_t, std::string> begin(const CommandBegin& command);

    elytra::Result<void, std::string> end(std::uint64_t number, const CommandEnd& end);

    // The oldest first. Lines that are not ours are left out.
    std::vector<LoggedCommand> read() const;

private:
    std::string path() const { return folder_ + "/commands.jsonl"; }

    std::string old_path() const { return folder_ + "/commands.1.jsonl"; }

    std::uint64_t last_number() const;
    elytra::Result<void, std::string> append(std::string line);

    std::string folder_;
};

// elytractl in XDG_STATE_HOME, or in ~/.local/state.
std::string default_state_folder();

// The newest `count`, the oldest of them first, as the verb prints them.
nlohmann::json command_list_json(const std::vector<LoggedCommand>& commands, std::size_t count);
std::string command_list_text(const nlohmann::json& list);

}  // namespace elytractl::records
