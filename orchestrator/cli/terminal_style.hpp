#pragma once

#include "orchestrator/report/text_page.hpp"

namespace elytractl::cli {

// How reports look on standard output: its width (COLUMNS, then what the terminal says), and colour
// where it is a terminal and NO_COLOR is empty.
report::TextStyle stdout_style();

}  // namespace elytractl::cli
