#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/process/exit_reason.hpp"
#include "orchestrator/process/member_log.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/runner.hpp"
#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/child.hpp"
#include "server/io/timer.hpp"

namespace elytractl::process {

struct MemberOptions {
    std::uint32_t index = 0;
    std::uint32_t count = 1;  // of members in the cluster
    elytra::ClusterId cluster{};
    std::string executable;
    std::string subcommand;  // of a program that is a server among other things; may be empty
    std::string data_file;
    std::string log_path;
    // Of all members, in their order. Empty: the member chooses a port and reports it.
    std::vector<elytra::io::Address> addresses;
    std::vector<std::string> start_flags;   // complete: "--cache-grid=1GiB"
    std::uint32_t environment_padding = 0;  // bytes of a variable that means nothing
    bool elytra = false;                    // of our own kind: marks in its log, exit statuses
};

struct MemberEvents {
    std::function<void(run::EndState)> on_formatted;
    std::function<void(const elytra::io::Address&)> on_port;
    std::function<void(const std::string& reason)> on_unusable;
    std::function<void()> on_exited;
    std::function<void(std::string_view kind)> on_mark;
};

// One server of a cluster from its format to its end, with everything that is known of it. Events
// come from the loop, never from within a command. The destructor ends and reaps what still runs.
// Lives on the main thread.
class Member {
public:
    Member(elytra::io::asio::io_context& loop, MemberOptions options, MemberEvents events);
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // Creates the log. The error is an errno. Once, first.
    elytra::Result<void, int> prepare();

    // Instead of format(): what it needs cannot be had.
    void refuse(std::string reason);

    void format();
    void spawn();  // after on_formatted

    void stop();
    void terminate();
    void kill(run::ExitReason reason);

    // A reading of the running server; absent before and after.
    std::optional<run::MemberSample> sample(std::uint64_t at_nanoseconds);

    // The first request has been served.
    void note_ready();

    // Reads how much memory the server uses, at some cost for it. Nothing of one that has ended.
    void note_memory();

    // Whether a process of it is there.
    bool alive() const;

    // Lives on without us: the kernel holds it, and not even SIGKILL ends it.
    void abandon() { child_->abandon(); }

    std::string describe_process() const;  // "r0 (process 4711)"

    const MemberOptions& options() const { return options_; }

    std::int64_t pid() const { return child_ ? child_->pid() : -1; }

    run::MemberOutcome& outcome() { return outcome_; }

private:
    enum class Stage : std::uint8_t { idle, formatting, formatted, running, ended };

    bool launch(const elytra::io::ChildCommand& command);
    void on_child_exit(const elytra::io::ChildExit& exit);
    void on_log(std::string_view chunk);
    void report_when_complete();
    void on_format_ended();
    void on_server_ended();
    void on_output(const elytra::io::ChildText& output);
    void explain(const ExitFacts& facts);
    void fail_later(std::string reason);
    std::vector<std::string> start_arguments() const;
    std::vector<std::string> arguments(std::vector<std::string> words) const;

    elytra::io::asio::io_context& loop_;
    MemberOptions options_;
    MemberEvents events_;
    MemberLog log_;
    elytra::io::Timer log_patience_;
    elytra::io::Timer failure_;
    Stage stage_ = Stage::idle;
    elytra::Instant stage_begin_;
    bool told_to_stop_ = false;
    std::optional<run::ExitReason> killed_;
    std::uint64_t oom_kills_before_ = 0;
    std::optional<elytra::io::ChildExit> exit_;
    bool log_ended_ = false;
    run::MemberOutcome outcome_;
    // Declared last: ends before what its handlers use.
    std::optional<elytra::io::Child> child_;
};

}  // namespace elytractl::process
