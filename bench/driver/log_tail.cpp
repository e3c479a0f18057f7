#include "bench/driver/log_tail.hpp"

#include <algorithm>

namespace elytra::bench {
namespace {

constexpr std::size_t tail_size_max = 2000;
constexpr int tail_lines_max = 10;

}  // namespace

std::string log_tail(std::string_view text) {
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

}  // namespace elytra::bench
