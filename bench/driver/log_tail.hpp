#pragma once

#include <string>
#include <string_view>

namespace elytra::bench {

// The last lines of a log, for the text of a failure: whole lines, unless a single one is too long,
// and without the end of the last one.
std::string log_tail(std::string_view text);

}  // namespace elytra::bench
