#pragma once

namespace elytractl::cli {

// Exit statuses of elytractl; the numbers are a promise to scripts.
enum class ExitCode : int {
    success = 0,
    unclassified = 1,
    usage = 2,          // flags or files that make no sense
    member_died = 5,    // a server could not start, or ended before its time
    check_failed = 10,  // the server gave a wrong answer
    interrupted = 130,
};

}  // namespace elytractl::cli
