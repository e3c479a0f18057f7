#include "orchestrator/process/process_readings.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/common/time.hpp"

namespace elytractl::process {
namespace {

using elytra::narrow;

std::uint64_t ticks_to_microseconds(std::uint64_t ticks) {
    return ticks * 1'000'000 / narrow<std::uint64_t>(sysconf(_SC_CLK_TCK));
}

// The kernel counts the switches of each thread by itself.
void add_switches(pid_t pid, run::MemberSample& sample) {
    std::error_code error;
    std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", pid), error);
    for (const std::filesystem::directory_iterator end; !error && tasks != end;
         tasks.increment(error)) {
        const std::string status = read_text(tasks->path().string() + "/status");
        sample.switches_voluntary += field_of(status, "voluntary_ctxt_switches");
        sample.switches_involuntary += field_of(status, "nonvoluntary_ctxt_switches");
    }
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234"
std::optional<std::uint64_t> read_pressure(const std::string& resource) {
    const std::string text = read_text("/proc/pressure/" + resource);
    constexpr std::string_view label = "total=";
    const std::size_t at = text.find(label);
    if (at == std::string::npos) return std::nullopt;
    const std::vector<std::uint64_t> numbers =
        numbers_of(std::string_view(text).substr(at + label.size()));
    if (numbers.empty()) return std::nullopt;
    return numbers.front();
}

std::optional<double> share(const std::optional<std::uint64_t>& earlier,
                            const std::optional<std::uint64_t>& later, std::uint64_t nanoseconds) {
    if (!earlier || !later || nanoseconds == 0) return std::nullopt;
    const auto waited =
        static_cast<double>((*later - *earlier) * elytra::nanoseconds_per_microsecond);
    return std::min(waited / static_cast<double>(nanoseconds), 1.0);
}

}  // namespace

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::uint64_t> numbers_of(std::string_view text) {
    std::vector<std::uint64_t> numbers;
    while (!text.empty()) {
        const std::size_t begin = text.find_first_not_of(" \t\n");
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
        std::uint64_t number = 0;
        std::from_chars(word.data(), word.data() + word.size(), number);
        numbers.push_back(number);
        text.remove_prefix(word.size());
    }
    return numbers;
}

std::optional<StatReading> parse_stat(std::string_view text) {
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    // proc(5) counts from 1; the state, behind the name, is field 3.
    const std::vector<std::uint64_t> fields = numbers_of(text.substr(name_end + 1));
    constexpr std::size_t first = 3;
    constexpr std::size_t rss = 24;
    if (fields.size() <= rss - first) return std::nullopt;
    return StatReading{.faults_minor = fields[10 - first],
                       .faults_major = fields[12 - first],
                       .user_ticks = fields[14 - first],
                       .system_ticks = fields[15 - first],
                       .rss_pages = fields[rss - first]};
}

std::uint64_t field_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const bool found = line.starts_with(key) && line.size() > key.size() &&
                           (line[key.size()] == ':' || line[key.size()] == ' ');
        if (found) {
            const std::vector<std::uint64_t> numbers = numbers_of(line.substr(key.size() + 1));
            return numbers.empty() ? 0 : numbers.front();
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return 0;
}

std::optional<run::MemberSample> read_process(pid_t pid) {
    const auto stat = parse_stat(read_text(fmt::format("/proc/{}/stat", pid)));
    if (!stat.has_value()) return std::nullopt;
    const std::string io = read_text(fmt::format("/proc/{}/io", pid));
    run::MemberSample sample{
        .rss_bytes = stat->rss_pages * narrow<std::uint64_t>(sysconf(_SC_PAGESIZE)),
        .cpu_user_microseconds = ticks_to_microseconds(stat->user_ticks),
        .cpu_system_microseconds = ticks_to_microseconds(stat->system_ticks),
        .read_bytes = field_of(io, "read_bytes"),
        .written_bytes = field_of(io, "write_bytes"),
        .faults_minor = stat->faults_minor,
        .faults_major = stat->faults_major};
    add_switches(pid, sample);
    return sample;
}

std::optional<std::uint64_t> read_proportional_bytes(pid_t pid) {
    constexpr std::uint64_t kibibyte = 1024;
    const std::uint64_t kibibytes =
        field_of(read_text(fmt::format("/proc/{}/smaps_rollup", pid)), "Pss");
    if (kibibytes == 0) return std::nullopt;
    return kibibytes * kibibyte;
}

std::uint64_t read_oom_kills() { return field_of(read_text("/proc/vmstat"), "oom_kill"); }

void parse_cpu_line(std::string_view line, HostReading& reading) {
    // cpu user nice system idle iowait irq softirq steal guest guest_nice; the guests are counted
    // in user and nice already.
    constexpr std::size_t steal = 8;
    const std::vector<std::uint64_t> fields = numbers_of(line);
    if (fields.size() <= steal) return;
    reading.total = 0;
    for (std::size_t index = 1; index <= steal; ++index) reading.total += fields[index];
    reading.idle = fields[4] + fields[5];
    reading.steal = fields[steal];
}

HostReading read_host(std::uint64_t at_nanoseconds) {
    HostReading reading;
    reading.at_nanoseconds = at_nanoseconds;
    const std::string stat = read_text("/proc/stat");
    parse_cpu_line(std::string_view(stat).substr(0, stat.find('\n')), reading);
    reading.pressure_cpu = read_pressure("cpu");
    reading.pressure_io = read_pressure("io");
    reading.pressure_memory = read_pressure("memory");
    return reading;
}

run::HostSample difference(const HostReading& earlier, const HostReading& later) {
    const std::uint64_t nanoseconds = later.at_nanoseconds - earlier.at_nanoseconds;
    const auto total = static_cast<double>(later.total - earlier.total);
    run::HostSample sample{
        .at_nanoseconds = later.at_nanoseconds,
        .pressure_cpu = share(earlier.pressure_cpu, later.pressure_cpu, nanoseconds),
        .pressure_io = share(earlier.pressure_io, later.pressure_io, nanoseconds),
        .pressure_memory = share(earlier.pressure_memory, later.pressure_memory, nanoseconds)};
    if (total <= 0) return sample;
    // The kernel may count idle time backwards.
    const auto part = [&](std::uint64_t before, std::uint64_t after) {
        return after < before ? 0.0 : static_cast<double>(after - before) / total;
    };
    sample.idle = part(earlier.idle, later.idle);
    sample.steal = part(earlier.steal, later.steal);
    return sample;
}

}  // namespace elytractl::process
