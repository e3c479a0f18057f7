#include "server/io/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

// Where g++ 12 inlines the assignment of three descriptors to a vector, it believes to see a copy
// of more than them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wrestrict"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#pragma GCC diagnostic pop
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::io {

namespace {

namespace process = boost::process::v2;

constexpr unsigned first_private_descriptor = 3;
constexpr std::size_t chunk_size = 16384;
constexpr int exec_failed_status = 127;  // nobody sees it: the errno arrives by another way

// Runs in the child between fork and exec.
struct ChildSetup {
    pid_t parent;

    template <class Launcher, class Path>
    ErrorCode on_exec_setup(Launcher&, const Path&, const char* const*) const {
        if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
            return ErrorCode(errno, boost::system::system_category());
        }
        // The parent may have died before the line above took effect.
        if (getppid() != parent) _exit(exec_failed_status);
        // Ignored signals stay ignored across exec.
        std::signal(SIGPIPE, SIG_DFL);
        std::signal(SIGXFSZ, SIG_DFL);
        close_range(first_private_descriptor, ~0U, CLOSE_RANGE_CLOEXEC);
        return {};
    }

    // The launcher would call exit(), which runs handlers that belong to the parent. (It looks this
    // function up with other arguments than it calls it with.)
    template <class... Arguments>
    void on_exec_error(const Arguments&...) const {
        _exit(exec_failed_status);
    }
};

// A stream of the child: its end there and, of a pipe, ours.
struct Stream {
    FileDescriptor theirs;  // not open: inherited
    FileDescriptor ours;

    int number(int inherited) const { return theirs.is_open() ? theirs.get() : inherited; }
};

Result<Stream, int> open_stream(ChildStream kind, int number) {
    Stream stream;
    if (kind == ChildStream::inherit) return stream;
    if (kind == ChildStream::discard) {
        stream.theirs.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!stream.theirs.is_open()) return Unexpected(errno);
        return stream;
    }
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected(errno);
    const bool they_read = number == STDIN_FILENO;
    stream.theirs.reset(they_read ? ends[0] : ends[1]);
    stream.ours.reset(they_read ? ends[1] : ends[0]);
    return stream;
}

Result<Stream, int> open_errors(const ChildCommand& command) {
    if (command.errors_path.empty()) return open_stream(command.errors, STDERR_FILENO);
    Stream stream;
    stream.theirs.reset(
        ::open(command.errors_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!stream.theirs.is_open()) return Unexpected(errno);
    return stream;
}

std::uint64_t microseconds(const timeval& time) {
    return narrow<std::uint64_t>(time.tv_sec) * 1'000'000 + narrow<std::uint64_t>(time.tv_usec);
}

ChildUsage to_usage(const rusage& counted) {
    return ChildUsage{
        .max_rss_bytes = narrow<std::uint64_t>(counted.ru_maxrss) * 1024,
        .user_microseconds = microseconds(counted.ru_utime),
        .system_microseconds = microseconds(counted.ru_stime),
        .minor_faults = narrow<std::uint64_t>(counted.ru_minflt),
        .major_faults = narrow<std::uint64_t>(counted.ru_majflt),
        .blocks_in = narrow<std::uint64_t>(counted.ru_inblock),
        .blocks_out = narrow<std::uint64_t>(counted.ru_oublock),
        .voluntary_switches = narrow<std::uint64_t>(counted.ru_nvcsw),
        .involuntary_switches = narrow<std::uint64_t>(counted.ru_nivcsw),
    };
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

}  // namespace

std::vector<std::string> environment_of(const ChildCommand& command) {
    std::vector<std::string> variables;
    for (const char* const* ours = ::environ; ours != nullptr && *ours != nullptr; ++ours) {
        const bool replaced = std::ranges::any_of(command.environment, [&](const std::string& one) {
            return name_of(one) == name_of(*ours);
        });
        if (!replaced) variables.emplace_back(*ours);
    }
    variables.insert(variables.end(), command.environment.begin(), command.environment.end());
    return variables;
}

std::string to_text(const ChildExit& exit) {
    if (exit.exit_code) return fmt::format("exited with status {}", *exit.exit_code);
    return fmt::format("was killed by signal {} ({})", exit.signal, strsignal(exit.signal));
}

// Reads a pipe until its end.
class Child::Reader : public std::enable_shared_from_this<Reader> {
public:
    explicit Reader(asio::io_context& loop) : pipe_(loop) {}

    Result<void, int> open(FileDescriptor descriptor) {
        ErrorCode error;
        pipe_.assign(descriptor.get(), error);
        if (error) return Unexpected(error.value());
        descriptor.release();
        return {};
    }

    FileDescriptor release() { return FileDescriptor(pipe_.release()); }

    // The last chunk is empty.
    void start(OnChunk on_chunk) {
        ELYTRA_ASSERT(!on_chunk_);
        on_chunk_ = std::move(on_chunk);
        read_next();
    }

    void stop() {
        on_chunk_ = nullptr;
        ErrorCode ignored;  // the descriptor is gone either way
        pipe_.close(ignored);
    }

private:
    void read_next() {
        pipe_.async_read_some(asio::buffer(chunk_),
                              [self = shared_from_this()](ErrorCode error, std::size_t count) {
                                  self->on_chunk(error, count);
                              });
    }

    void on_chunk(ErrorCode error, std::size_t count) {
        if (!on_chunk_) return;
        if (error) {
            const OnChunk report = std::exchange(on_chunk_, nullptr);
            return report({});
        }
        on_chunk_(std::string_view(chunk_.data(), count));
        if (on_chunk_) read_next();
    }

    asio::posix::stream_descriptor pipe_;
    std::array<char, chunk_size> chunk_{};
    OnChunk on_chunk_;
};

namespace {

// Keeps the first bytes. What exceeds the bound is dropped, so that the child never blocks.
Child::OnChunk collect(std::size_t size_max, Child::OnText on_text) {
    return [size_max, on_text = std::move(on_text), kept = ChildText()](auto chunk) mutable {
        if (chunk.empty()) return on_text(std::move(kept));
        const std::size_t room = size_max - kept.text.size();
        kept.text.append(chunk.substr(0, room));
        kept.truncated = kept.truncated || chunk.size() > room;
    };
}

}  // namespace

// The pidfd becomes readable when the process ends.
struct Child::ExitWatch {
    asio::posix::stream_descriptor pidfd;
    Child* child;  // absent once the child is destroyed
};

Child::~Child() {
    if (output_) output_->stop();
    if (errors_) errors_->stop();
    if (exit_watch_) exit_watch_->child = nullptr;
    if (pid_ < 0) return;
    close_input();
    pollfd ended{.fd = exit_watch_ ? exit_watch_->pidfd.native_handle() : -1,
                 .events = POLLIN,
                 .revents = 0};
    if (poll(&ended, 1, narrow<int>(grace_.count())) <= 0) kill(-pid_, SIGKILL);
    reap();
}

Result<void, int> Child::spawn(const ChildCommand& command) {
    ELYTRA_ASSERT(pid_ < 0 && !exit_watch_);
    auto input = open_stream(command.input, STDIN_FILENO);
    if (!input.has_value()) return Unexpected(input.error());
    auto output = open_stream(command.output, STDOUT_FILENO);
    if (!output.has_value()) return Unexpected(output.error());
    auto errors = open_errors(command);
    if (!errors.has_value()) return Unexpected(errors.error());

    process::posix::default_launcher launcher;
    const std::vector<std::string> environment = environment_of(command);
    std::vector<const char*> variables;
    for (const std::string& variable : environment) variables.push_back(variable.c_str());
    variables.push_back(nullptr);
    launcher.env = variables.data();
    ErrorCode error;
    process::process_stdio streams{.in = input->number(STDIN_FILENO),
                                   .out = output->number(STDOUT_FILENO),
                                   .err = errors->number(STDERR_FILENO)};
    auto launched = launcher(loop_.get_executor(), error, command.executable, command.arguments,
                             streams, ChildSetup{.parent = getpid()});
    if (error) {
        if (launcher.pid > 0) waitpid(launcher.pid, nullptr, 0);
        return Unexpected(error.value());
    }
    launched.detach();
    pid_ = launcher.pid;
    grace_ = command.grace;
    input_ = std::move(input->ours);
    if (const auto opened = open_reader(output_, std::move(output->ours)); !opened) return opened;
    if (const auto opened = open_reader(errors_, std::move(errors->ours)); !opened) return opened;
    return watch_exit();
}

Result<void, int> Child::open_reader(std::shared_ptr<Reader>& reader, FileDescriptor descriptor) {
    if (!descriptor.is_open()) return {};
    reader = std::make_shared<Reader>(loop_);
    return reader->open(std::move(descriptor));
}

Result<void, int> Child::watch_exit() {
    FileDescriptor pidfd(narrow<int>(syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd.is_open()) return Unexpected(errno);
    auto watch =
        std::make_shared<ExitWatch>(ExitWatch{asio::posix::stream_descriptor(loop_), this});
    ErrorCode error;
    watch->pidfd.assign(pidfd.get(), error);
    if (error) return Unexpected(error.value());
    pidfd.release();
    exit_watch_ = std::move(watch);
    return {};
}

FileDescriptor Child::take_output() {
    ELYTRA_ASSERT(output_);
    return output_->release();
}

void Child::read_output(std::size_t size_max, OnText on_text) {
    ELYTRA_ASSERT(output_);
    output_->start(collect(size_max, std::move(on_text)));
}

void Child::read_errors(std::size_t size_max, OnText on_text) {
    ELYTRA_ASSERT(errors_);
    errors_->start(collect(size_max, std::move(on_text)));
}

void Child::follow_errors(OnChunk on_chunk) {
    ELYTRA_ASSERT(errors_);
    errors_->start(std::move(on_chunk));
}

void Child::wait(OnExit on_exit) {
    ELYTRA_ASSERT(pid_ > 0 && !on_exit_);
    on_exit_ = std::move(on_exit);
    exit_watch_->pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                                  [watch = exit_watch_](ErrorCode) {
                                      if (watch->child != nullptr) watch->child->on_exited();
                                  });
}

void Child::on_exited() {
    const OnExit report = std::exchange(on_exit_, nullptr);
    report(reap());
}

// The process, still unreaped, keeps its number, so the group that is killed is surely its own.
ChildExit Child::reap() {
    ELYTRA_ASSERT(pid_ > 0);
    kill(-pid_, SIGKILL);
    int status = 0;
    rusage counted{};
    while (wait4(pid_, &status, 0, &counted) < 0) ELYTRA_ASSERT(errno == EINTR);
    pid_ = -1;
    ChildExit exit;
    if (WIFEXITED(status)) exit.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
    exit.usage = to_usage(counted);
    return exit;
}

void Child::abandon() {
    pid_ = -1;
    on_exit_ = nullptr;
    if (exit_watch_) exit_watch_->child = nullptr;
}

void Child::signal(int signal) {
    if (pid_ > 0) kill(pid_, signal);
}

}  // namespace elytra::io
