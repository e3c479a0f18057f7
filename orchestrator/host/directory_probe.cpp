#include "orchestrator/host/directory_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "orchestrator/host/temporary_file.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/common/time.hpp"
#include "server/io/clock.hpp"
#include "server/io/random.hpp"

namespace elytractl::host {
namespace {

// Ten samples lie above the 99th percentile of so many.
constexpr std::size_t writes_max = 1000;
constexpr std::uint64_t series_nanoseconds_max = elytra::nanoseconds_per_second;
constexpr std::size_t write_size = 4096;
// A log is a ring of allocated bytes; the series stays in so many of them.
constexpr off_t file_size = 1 << 20;

std::uint64_t quantile(const std::vector<std::uint64_t>& sorted, std::size_t percent) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

// Requires: a file of file_size bytes that is opened with O_DSYNC.
std::optional<WriteLatency> measure_writes(int file) {
    elytra::SectorBuffer buffer(write_size);
    std::vector<std::uint64_t> microseconds;
    const std::uint64_t begin = elytra::io::monotonic_now().nanoseconds;
    std::uint64_t now = begin;
    off_t offset = 0;
    while (microseconds.size() < writes_max && now - begin < series_nanoseconds_max) {
        const ssize_t written = pwrite(file, buffer.bytes().data(), write_size, offset);
        if (written != static_cast<ssize_t>(write_size)) return std::nullopt;
        const std::uint64_t done = elytra::io::monotonic_now().nanoseconds;
        microseconds.push_back((done - now) / elytra::nanoseconds_per_microsecond);
        now = done;
        offset = (offset + static_cast<off_t>(write_size)) % file_size;
    }
    std::ranges::sort(microseconds);
    return WriteLatency{.samples = microseconds.size(),
                        .p50_us = quantile(microseconds, 50),
                        .p99_us = quantile(microseconds, 99),
                        .max_us = microseconds.back()};
}

}  // namespace

DirectoryFacts probe_directory(const std::string& path) {
    DirectoryFacts facts;
    facts.path = path;
    const TemporaryFile file(
        fmt::format("{}/.elytractl-doctor-{:016x}", path, elytra::io::random_u64()));
    if (!file.is_open()) {
        facts.error = errno;
        return facts;
    }

    struct statvfs space {};

    if (statvfs(path.c_str(), &space) == 0) {
        facts.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    }
    int flags = O_WRONLY | O_DSYNC | O_CLOEXEC | O_DIRECT;
    elytra::io::FileDescriptor writer(open(file.path().c_str(), flags));
    if (!writer.is_open()) {
        facts.direct_error = errno;
        flags &= ~O_DIRECT;
        writer.reset(open(file.path().c_str(), flags));
    }
    if (!writer.is_open()) {
        facts.error = errno;
        return facts;
    }
    facts.error = posix_fallocate(writer.get(), 0, file_size);
    if (facts.error == 0) facts.latency = measure_writes(writer.get());
    return facts;
}

}  // namespace elytractl::host
