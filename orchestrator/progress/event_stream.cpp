#include "orchestrator/progress/event_stream.hpp"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "orchestrator/progress/event_json.hpp"
#include "server/common/int.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::progress {
namespace {

constexpr mode_t stream_mode = 0644;

}  // namespace

elytra::Result<EventStream, std::string> EventStream::open(const std::string& path) {
    const int number =
        path == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                    : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, stream_mode);
    if (number < 0) {
        return elytra::Unexpected(
            fmt::format("cannot write events to {}: {}", path, elytra::io::error_text(errno)));
    }
    return EventStream(elytra::io::FileDescriptor(number));
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
