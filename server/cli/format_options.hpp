#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/cli/flags.hpp"
#include "server/common/int.hpp"

namespace elytra::cli {

inline constexpr std::uint8_t replicas_max = 6;
inline constexpr std::uint8_t standbys_max = 6;

// What `format` shall create.
struct FormatOptions {
    std::string path;
    std::optional<u128> cluster;  // none: to be chosen at random
    // Counts from 0 over replicas, then standbys; below replica_count + standbys_max.
    std::uint8_t replica = 0;
    std::uint8_t replica_count = 0;  // 1 to replicas_max
    bool development = false;        // direct I/O is optional
    bool log_debug = false;
};

Request<FormatOptions> parse_format_options(Arguments arguments);

}  // namespace elytra::cli
