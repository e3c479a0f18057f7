#pragma once

#include <string>

#include "bench/load/load_generator.hpp"

namespace elytra::bench {

// One line on a terminal's stderr that follows a load, drawn over itself; nothing where stderr is
// no terminal. The destructor clears it. One at a time.
class ProgressBar {
public:
    ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

    void draw(const LoadProgress& progress);

private:
    bool terminal_;
    bool drawn_ = false;
};

// "create_transfers  [#####     ]  50 %  1000000 of 2000000, 1234567/s", `bar_width` characters of
// bar.
std::string progress_line(const LoadProgress& progress, std::size_t bar_width);

}  // namespace elytra::bench
