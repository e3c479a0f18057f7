#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/io/asio.hpp"
#include "server/io/child.hpp"

namespace elytra::bench {

enum class ChildLog : std::uint8_t {
    keep,  // standard error is collected, for the text of a failure
    show,  // it goes where ours goes
};

struct CapturedEnd {
    io::ChildExit exit;
    std::string log_tail;  // the last lines of standard error; empty with ChildLog::show
};

// "exited with status 1 during the load; it said:", and the last lines of its log. `moment` may be
// empty.
std::string describe(const CapturedEnd& end, std::string_view moment);

// A child whose end is reported together with its last words. The destructor ends and reaps it.
class CapturedChild {
public:
    using OnEnd = std::function<void(const CapturedEnd&)>;

    explicit CapturedChild(io::asio::io_context& loop) : child_(loop) {}

    // The streams of standard error are set here. The error is an errno. Once.
    Result<void, int> spawn(io::ChildCommand command, ChildLog log, OnEnd on_end);

    io::Child& child() { return child_; }

private:
    void on_exit(const io::ChildExit& exit);
    void on_log(io::ChildText log);
    void report_when_complete();

    io::Child child_;
    OnEnd on_end_;
    std::optional<io::ChildExit> exit_;
    std::optional<io::ChildText> log_;
};

}  // namespace elytra::bench
