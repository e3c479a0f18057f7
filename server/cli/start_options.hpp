#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/flags.hpp"
#include "server/common/limits.hpp"
#include "server/io/address.hpp"
#include "server/storage/scrubber.hpp"

namespace elytra::cli {

// How `start` shall serve a data file.
struct StartOptions {
    std::string path;
    io::AddressList addresses;
    std::uint64_t limit_storage = 16ULL << 40;  // bytes of the data file
    std::uint64_t limit_request = 0;            // bytes of header and body of one request
    std::uint64_t cache_grid = limits_production().page_cache_size;  // bytes of pages in memory
    std::chrono::nanoseconds scrub_period{storage::Scrubber::pass_nanoseconds_default};
    bool development = false;  // direct I/O is optional, memory is not locked, small requests
    bool log_debug = false;
    // Names of the given flags that tune parts which this server does not have.
    std::vector<std::string_view> without_effect;
    // Of those, the files that they name; empty without the flag.
    std::string trace_path;
    std::string aof_path;
};

Request<StartOptions> parse_start_options(Arguments arguments);

}  // namespace elytra::cli
