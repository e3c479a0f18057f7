#include "server/io/repeat_limit.hpp"

#include <utility>

namespace elytra::io {

std::optional<std::uint64_t> RepeatLimit::admit(Instant now) {
    ++count_;
    if (last_line_ && now.nanoseconds < last_line_->nanoseconds + quiet_nanoseconds) return {};
    last_line_ = now;
    return std::exchange(count_, 0);
}

}  // namespace elytra::io
