#pragma once

namespace elytra::io {

// Exit statuses of the programs. The first six are fixed by what scripts already expect.
enum class ExitCode : int {
    success = 0,
    refused = 1,             // usage, refused combination, any error of the operating system
    no_space = 2,            // a write to the data file found the device full
    file_above_limit = 4,    // at open: the data file is larger than --limit-storage
    growth_above_limit = 5,  // at run time: the next extent would exceed --limit-storage
    storage_failed = 8,      // a write or a flush of the data file failed: fail-stop
    file_size_limit = 153,   // RLIMIT_FSIZE hit while growing; what a shell shows for SIGXFSZ
};

}  // namespace elytra::io
