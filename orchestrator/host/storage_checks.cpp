#include "orchestrator/host/storage_checks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include <fmt/format.h>

#include "orchestrator/quantities/quantity.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::host {
namespace {

constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t empty_file_size = 65 * mebibyte;
constexpr std::uint64_t free_bytes_wanted = 2048 * mebibyte;  // for a load of some millions
constexpr std::uint64_t latency_p50_us_max = 5'000;
constexpr std::uint64_t latency_p99_us_max = 20'000;
constexpr std::uint64_t samples_for_p99 = 1'000;  // ten lie above it

bool in_memory(const std::string& file_system) {
    return file_system == "tmpfs" || file_system == "ramfs";
}

}  // namespace

Finding check_directory(const HostFacts& facts) {
    const DirectoryFacts& directory = facts.directory;
    if (directory.error == 0) {
        return {.id = "directory",
                .text = fmt::format("files can be created in {}", directory.path),
                .value = "writable"};
    }
    const std::string reason = elytra::io::error_text(directory.error);
    return {.id = "directory",
            .level = Level::fail,
            .text = fmt::format("no file can be created in {}: {}", directory.path, reason),
            .value = reason,
            .advice = "name another one with --dir"};
}

Finding check_file_system(const HostFacts& facts) {
    constexpr std::array proven = {"ext4", "xfs"};
    const auto& environment = facts.environment;
    const std::string& name = environment.file_system;
    Finding finding{.id = "file_system",
                    .text = fmt::format("{} on {}", name, environment.block_device),
                    .value = name};
    if (in_memory(name)) {
        finding.level = Level::warn;
        finding.advice = "a file system in memory is neither durable nor comparable";
    } else if (std::ranges::find(proven, name) == proven.end()) {
        finding.level = Level::note;
        finding.advice = "ext4 and xfs are tested best";
    }
    return finding;
}

Finding check_direct_io(const HostFacts& facts) {
    if (facts.directory.error != 0) {
        return {.id = "direct_io",
                .level = Level::note,
                .text = "O_DIRECT not tried",
                .value = "unknown"};
    }
    if (facts.directory.direct_error == 0) {
        return {.id = "direct_io", .text = "O_DIRECT works", .value = "yes"};
    }
    return {
        .id = "direct_io",
        .level = Level::fail,
        .text = fmt::format("O_DIRECT: {}", elytra::io::error_text(facts.directory.direct_error)),
        .value = "no",
        .advice =
            "servers refuse such a file system except with --development; name a "
            "directory of another one with --dir"};
}

Finding check_free_space(const HostFacts& facts) {
    const std::uint64_t free = facts.directory.free_bytes;
    Finding finding{.id = "free_space",
                    .text = fmt::format("{} free", quantities::bytes_text(free)),
                    .value = fmt::format("{}", free)};
    if (free >= free_bytes_wanted) return finding;
    finding.level = free < empty_file_size ? Level::fail : Level::warn;
    finding.advice = fmt::format("an empty data file takes {}, a loaded one gigabytes; free some",
                                 quantities::bytes_text(empty_file_size));
    return finding;
}

Finding check_write_latency(const HostFacts& facts) {
    if (!facts.directory.latency.has_value()) {
        return {.id = "write_latency",
                .level = Level::note,
                .text = "durable writes not measured",
                .value = "unknown"};
    }
    const WriteLatency& latency = *facts.directory.latency;
    const bool p99_shown = latency.samples >= samples_for_p99;
    const std::string value =
        fmt::format("p50 {} us, {}max {} us, n {}", latency.p50_us,
                    p99_shown ? fmt::format("p99 {} us, ", latency.p99_us) : "", latency.max_us,
                    latency.samples);
    Finding finding{
        .id = "write_latency", .text = "durable 4 KiB writes: " + value, .value = value};
    if (in_memory(facts.environment.file_system)) {
        finding.level = Level::note;
        finding.advice = "that is memory";
    } else if (latency.p50_us > latency_p50_us_max || latency.p99_us > latency_p99_us_max) {
        finding.level = Level::warn;
        finding.advice = "a slow disk decides the numbers; use a local NVMe or SSD";
    }
    return finding;
}

}  // namespace elytractl::host
