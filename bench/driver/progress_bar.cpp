#include "bench/driver/progress_bar.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/load/load_report.hpp"

namespace elytra::bench {
namespace {

constexpr std::size_t bar_width = 24;
constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputs(clear_line, stderr);
}

void ProgressBar::draw(const LoadProgress& progress) {
    if (!terminal_) return;
    drawn_ = true;
    fmt::print(stderr, "{}{}", clear_line, progress_line(progress, bar_width));
}

std::string progress_line(const LoadProgress& progress, std::size_t width) {
    const std::uint64_t total = progress.total == 0 ? 1 : progress.total;
    const std::size_t filled = progress.done * width / total;
    return fmt::format("{:<22} [{:#<{}}{:<{}}] {:>3} %  {} of {}, {}/s", to_text(progress.stage),
                       "", filled, "", width - filled, progress.done * 100 / total, progress.done,
                       progress.total, progress.events_per_second);
}

}  // namespace elytra::bench
