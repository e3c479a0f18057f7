#include "bench/driver/captured_child.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "bench/driver/log_tail.hpp"
#include "server/common/assert.hpp"

namespace elytra::bench {
namespace {

constexpr std::size_t log_size_max = 1U << 20;

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
    report(CapturedEnd{.exit = *exit_, .log_tail = log_tail(log_->text)});
}

}  // namespace elytra::bench
