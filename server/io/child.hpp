#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "server/common/result.hpp"
#include "server/io/asio.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytra::io {

// What the kernel counted for a process that has ended.
struct ChildUsage {
    std::uint64_t max_rss_bytes = 0;
    std::uint64_t user_microseconds = 0;
    std::uint64_t system_microseconds = 0;
    std::uint64_t minor_faults = 0;
    std::uint64_t major_faults = 0;
    std::uint64_t blocks_in = 0;  // of 512 bytes
    std::uint64_t blocks_out = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
};

struct ChildExit {
    std::optional<int> exit_code;  // absent where a signal ended the process
    int signal = 0;                // 0 where it exited by itself
    ChildUsage usage;
};

// "exited with status 1", "was killed by signal 9 (Killed)".
std::string to_text(const ChildExit& exit);

enum class ChildStream : std::uint8_t { inherit, discard, pipe };

struct ChildCommand {
    std::string executable{};  // a path; PATH is not searched
    std::vector<std::string> arguments{};
    ChildStream input = ChildStream::discard;
    ChildStream output = ChildStream::inherit;
    ChildStream errors = ChildStream::inherit;
    std::string errors_path{};  // where not empty: standard error is appended to this file
    // "NAME=value": added to our environment, in place of what has the same name there.
    std::vector<std::string> environment{};
    std::chrono::milliseconds grace{2000};  // between end of input and SIGKILL, in the destructor
};

// All variables that the child gets: "NAME=value".
std::vector<std::string> environment_of(const ChildCommand& command);

// Everything a stream carried until its end.
struct ChildText {
    std::string text;
    bool truncated = false;  // there was more than the bound; it has been read and dropped
};

// A running process, leader of its own group, which dies with us. The destructor closes its input,
// grants it the grace time, kills the whole group and reaps: no zombie and no orphan stays. It may
// run at any time; handlers are then not called any more. Spawned on the main thread, because the
// kernel ties the child's life to the spawning thread.
class Child {
public:
    using OnText = std::function<void(ChildText)>;
    using OnChunk = std::function<void(std::string_view)>;
    using OnExit = std::function<void(const ChildExit&)>;

    explicit Child(asio::io_context& loop) : loop_(loop) {}

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    // Once, first. The error is the errno of what failed, be it the exec in the child. Requires:
    // our own descriptors 0 to 2 are open.
    Result<void, int> spawn(const ChildCommand& command);

    pid_t pid() const { return pid_; }

    // Reads a piped stream to its end and keeps the first `size_max` bytes. Once each.
    void read_output(std::size_t size_max, OnText on_text);
    void read_errors(std::size_t size_max, OnText on_text);

    // Hands over each piece of standard error as it comes, an empty one at its end. Instead of
    // read_errors().
    void follow_errors(OnChunk on_chunk);

    // Reports the end of the process, reaped. What is left of its group is killed. Once.
    void wait(OnExit on_exit);

    void close_input() { input_.reset(); }

    // Our ends of piped streams, for somebody else who uses and closes them, on whatever thread.
    // Once each; instead of close_input() and read_output().
    FileDescriptor take_input() { return std::move(input_); }

    FileDescriptor take_output();

    // To the process itself, not to its group. Nothing happens once it has been reaped.
    void signal(int signal);

    // Lets go of a process that the kernel holds, so that not even SIGKILL ends it: nobody waits
    // for it and nothing is reported any more.
    void abandon();

private:
    class Reader;
    struct ExitWatch;

    Result<void, int> open_reader(std::shared_ptr<Reader>& reader, FileDescriptor descriptor);
    Result<void, int> watch_exit();
    void on_exited();
    ChildExit reap();

    asio::io_context& loop_;
    pid_t pid_ = -1;  // absent before spawn() and once reaped
    std::chrono::milliseconds grace_{0};
    FileDescriptor input_;
    // Shared with their pending handlers, which may run after us and then find that nobody listens.
    std::shared_ptr<ExitWatch> exit_watch_;
    std::shared_ptr<Reader> output_;
    std::shared_ptr<Reader> errors_;
    OnExit on_exit_;
};

}  // namespace elytra::io
