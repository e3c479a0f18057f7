#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/workload/workload.hpp"
#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/io/address.hpp"
#include "server/wire/release.hpp"

namespace elytra::bench {

// What to load a cluster with, as the flags of `benchmark` say it.
struct LoadOptions {
    WorkloadOptions workload;
    std::uint32_t account_batch_count = 8189;
    std::uint32_t transfer_batch_count = 8189;
    std::uint64_t transfer_batch_delay_nanoseconds = 0;  // pause of a client after each batch
    std::uint32_t query_count = 100;
    std::uint32_t clients = 1;
    bool validate = false;              // read everything back and compare
    bool checksum_performance = false;  // time the checksum of a full message
    ClusterId cluster{};
    wire::Release release = wire::release_server;
    std::uint64_t register_timeout_nanoseconds = 30'000'000'000;
};

// Everything that can be known to be wrong before anything is created. The error is a sentence that
// begins with the flag concerned: "--clients (0): must be 1 to 64".
Result<void, std::string> validate(const LoadOptions& options);

}  // namespace elytra::bench
