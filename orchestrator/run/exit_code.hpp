#pragma once

namespace elytractl::run {

// Exit statuses of elytractl; the numbers are a promise to scripts (spec/orchestrator 3.1).
enum class ExitCode : int {
    success = 0,
    unclassified = 1,
    usage = 2,             // flags or files that make no sense
    host_unsuitable = 3,   // the machine cannot do what was asked
    timed_out = 4,         // something awaited did not happen in time
    member_died = 5,       // a server could not start, or ended before its time
    run_invalid = 7,       // the generator or noise decided the numbers
    threshold_failed = 8,  // a bound of the run file was not kept
    regression = 9,        // worse than the other subject, or than earlier runs
    check_failed = 10,     // the server gave a wrong answer
    refused = 12,          // it would have touched what is not ours
    inconclusive = 14,     // what was measured does not decide
    busy = 75,             // another orchestrator has it; try again
    interrupted = 130,
};

}  // namespace elytractl::run
