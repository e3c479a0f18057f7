#include "orchestrator/process/member_log.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bench/driver/log_tail.hpp"
#include "server/common/int.hpp"

namespace elytractl::process {
namespace {

constexpr mode_t log_mode = 0644;
constexpr std::size_t line_size_max = 4096;   // of a longer line the rest is not looked at
constexpr std::size_t last_size_max = 16384;  // more than the tail shows

}  // namespace

elytra::Result<void, int> MemberLog::create(const std::string& path) {
    file_.reset(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, log_mode));
    if (!file_.is_open()) return elytra::Unexpected(errno);
    return {};
}

void MemberLog::append(std::string_view chunk) {
    store(chunk);
    last_ += chunk;
    if (last_.size() > 2 * last_size_max) last_.erase(0, last_.size() - last_size_max);
    cut_lines(chunk);
}

void MemberLog::store(std::string_view text) {
    if (closed_) return;
    const std::uint64_t room = size_max_ - stored_;
    write(text.substr(0, room));
    if (text.size() <= room || closed_) return;
    write(
        fmt::format("\n[elytractl: more than {} bytes; what follows is not stored]\n", size_max_));
    closed_ = true;
}

void MemberLog::write(std::string_view text) {
    stored_ += text.size();
    while (!text.empty() && !closed_) {
        const ssize_t count = ::write(file_.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        closed_ = count <= 0;
        if (!closed_) text.remove_prefix(elytra::narrow<std::size_t>(count));
    }
}

void MemberLog::cut_lines(std::string_view chunk) {
    while (!chunk.empty()) {
        const std::size_t end = chunk.find('\n');
        const std::string_view part = chunk.substr(0, end);
        line_ += part.substr(0, line_size_max - std::min(line_.size(), line_size_max));
        if (end == std::string_view::npos) return;
        if (on_line_) on_line_(line_);
        line_.clear();
        chunk.remove_prefix(end + 1);
    }
}

std::string MemberLog::tail() const { return elytra::bench::log_tail(last_); }

std::string_view mark_kind(std::string_view line) {
    return line.find("checkpoint done at op ") == std::string_view::npos ? "" : "checkpoint";
}

}  // namespace elytractl::process
