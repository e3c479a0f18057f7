#include "orchestrator/host/program_version.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>

#include "server/io/asio.hpp"
#include "server/io/child.hpp"
#include "server/io/file_error.hpp"
#include "server/io/timer.hpp"

namespace elytractl::host {
namespace {

constexpr std::size_t version_size_max = 4096;
constexpr std::chrono::seconds version_seconds_max{10};

}  // namespace

elytra::Result<std::string, std::string> program_version(const std::string& path) {
    using elytra::Unexpected;
    elytra::io::asio::io_context loop;
    elytra::io::Child child(loop);
    const auto spawned = child.spawn({.executable = path,
                                      .arguments = {"version"},
                                      .output = elytra::io::ChildStream::pipe,
                                      .errors = elytra::io::ChildStream::discard,
                                      .grace = std::chrono::milliseconds(0)});
    if (!spawned.has_value()) return Unexpected(elytra::io::error_text(spawned.error()));
    std::optional<std::string> text;
    std::optional<elytra::io::ChildExit> ended;
    bool expired = false;
    child.read_output(version_size_max, [&](elytra::io::ChildText output) { text = output.text; });
    child.wait([&](const elytra::io::ChildExit& exit) { ended = exit; });
    elytra::io::Timer patience(loop);
    patience.start(version_seconds_max, [&] { expired = true; });
    while (!expired && !(text.has_value() && ended.has_value())) loop.run_one();
    if (expired) return Unexpected(std::string("it does not answer `version` within 10 s"));
    if (ended->exit_code != 0) {
        return Unexpected("asked for its `version`, it " + elytra::io::to_text(*ended));
    }
    const std::string line = text->substr(0, text->find('\n'));
    if (line.empty()) return Unexpected(std::string("it answers `version` with nothing"));
    return line;
}

}  // namespace elytractl::host
