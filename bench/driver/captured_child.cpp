#include "bench/driver/captured_child.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"

namespace elytra::bench {
namespace {

constexpr std::size_t log_size_max = 1U << 20;
constexpr std::size_t tail_size_max = 2000;
constexpr int tail_lines_max = 10;

// Whole lines from the end, unless a single one is too long.
std::string tail_of(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::size_t begin = text.size();
    for (int line = 0; line < tail_lines_max && begin != 0; ++line) {
        const std::size_t newline = text.rfind('\n', begin - 1);
        const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline;
        if (text.size() - line_begin > tail_size_max) break;
        begin = line_begin;
    }
    if (begin == text.size()) begin -= std::min(text.size(), tail_size_max);
    std::string_view tail = text.substr(begin);
    while (tail.starts_with('\n')) tail.remove_prefix(1);
    return std::string(tail);
}

}  // namespace

std::string describe(const CapturedEnd& end, std::string_view moment) {
    std::string text = io::to_text(end.exit);
    if (!moment.empty()) text += fmt::format(" {}", moment);
    if (!end.log_tail.empty()) text += fmt::format("; it said:\n{}", end.log_tail);
    return text;
}

Result<void, int> CapturedChild::spawn(io::ChildCommand command, ChildLog log, OnEnd on_end) {
    ELYTRA_ASSERT(!on_end_);
    command.errors = log == ChildLog::keep ? io::ChildStream::pipe : io::ChildStream::inherit;
    if (const auto spawned = child_.spawn(command); !spawned.has_value()) return spawned;
    on_end_ = std::move(on_end);
    child_.wait([this](const io::ChildExit& exit) { on_exit(exit); });
    if (log == ChildLog::show) {
        log_.emplace();
    } else {
        child_.read_errors(log_size_max, [this](io::ChildText text) { on_log(std::move(text)); });
    }
    return {};
}

void CapturedChild::on_exit(const io::ChildExit& exit) {
    exit_ = exit;
    report_when_complete();
}

void CapturedChild::on_log(io::ChildText log) {
    log_ = std::move(log);
    report_when_complete();
}

void CapturedChild::report_when_complete() {
    if (!exit_ || !log_) return;
    const OnEnd report = std::exchange(on_end_, nullptr);
    report(CapturedEnd{.exit = *exit_, .log_tail = tail_of(log_->text)});
}

}  // namespace elytra::bench
