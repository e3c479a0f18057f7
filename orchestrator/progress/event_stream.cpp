#include "orchestrator/progress/event_stream.hpp"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/progress/event_json.hpp"
#include "server/common/int.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::progress {
namespace {

constexpr mode_t stream_mode = 0644;

// A pipe, a terminal or an empty file may be there already. The error is an errno.
elytra::Result<elytra::io::FileDescriptor, int> open_file(const std::string& path) {
    elytra::io::FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, stream_mode));

    struct stat status {};

    if (!file.is_open() || fstat(file.get(), &status) != 0) return elytra::Unexpected(errno);
    if (S_ISREG(status.st_mode) && status.st_size > 0) return elytra::Unexpected(EEXIST);
    return file;
}

}  // namespace

elytra::Result<EventStream, std::string> EventStream::open(const std::string& path) {
    if (path == "-") {
        elytra::io::FileDescriptor output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        if (!output.is_open()) return elytra::Unexpected<std::string>("standard output is closed");
        return EventStream(std::move(output));
    }
    auto file = open_file(path);
    if (!file.has_value()) {
        return elytra::Unexpected(fmt::format("cannot write events to {}: {}", path,
                                              elytra::io::error_text(file.error())));
    }
    return EventStream(std::move(*file));
}

void EventStream::write(const run::Event& event) {
    // A log may hold bytes that are no UTF-8.
    const std::string line =
        to_json(event).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    std::string_view rest = line;
    while (!rest.empty() && file_.is_open()) {
        const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return file_.reset();
        rest.remove_prefix(elytra::narrow<std::size_t>(count));
    }
}

}  // namespace elytractl::progress
