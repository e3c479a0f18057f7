#include "orchestrator/process/foreign_processes.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <unistd.h>

#include "orchestrator/process/process_readings.hpp"
#include "server/common/int.hpp"
#include "server/io/clock.hpp"

namespace elytractl::process {
namespace {

using elytra::narrow;

constexpr std::size_t processes_shown = 5;
constexpr std::uint64_t kernel_thread_flag = 0x0020'0000;  // PF_KTHREAD

// A name may hold anything; it is going to be printed.
std::string printable(std::string_view name) {
    std::string text(name);
    std::ranges::replace_if(
        text, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
    return text;
}

// A pid alone may stand for another process later.
using Identity = std::pair<pid_t, std::uint64_t>;

Identity identity_of(const ProcessReading& process) { return {process.pid, process.start_ticks}; }

std::map<Identity, const ProcessReading*> by_identity(const ProcessTable& table) {
    std::map<Identity, const ProcessReading*> processes;
    for (const ProcessReading& process : table.processes) {
        processes[identity_of(process)] = &process;
    }
    return processes;
}

std::set<pid_t> descendants_of(const ProcessTable& table, pid_t self) {
    std::multimap<pid_t, pid_t> children;
    for (const ProcessReading& process : table.processes) {
        children.emplace(process.parent, process.pid);
    }
    std::set<pid_t> ours{self};
    std::vector<pid_t> open{self};
    while (!open.empty()) {
        const auto [first, last] = children.equal_range(open.back());
        open.pop_back();
        for (auto child = first; child != last; ++child) {
            if (ours.insert(child->second).second) open.push_back(child->second);
        }
    }
    return ours;
}

// What was counted for children before they ended, by their parents: it was used earlier.
std::map<pid_t, std::uint64_t> counted_before(const ProcessTable& earlier,
                                              const ProcessTable& later) {
    const auto alive = by_identity(later);
    std::map<pid_t, std::uint64_t> ticks;
    for (const ProcessReading& process : earlier.processes) {
        if (alive.contains(identity_of(process))) continue;
        ticks[process.parent] += process.own_ticks + process.reaped_ticks;
    }
    return ticks;
}

std::uint64_t difference_or_zero(std::uint64_t later, std::uint64_t earlier) {
    return later > earlier ? later - earlier : 0;
}

}  // namespace

std::optional<ProcessReading> parse_process(std::string_view stat) {
    const std::size_t name_begin = stat.find('(');
    const std::size_t name_end = stat.rfind(')');
    if (name_begin == std::string_view::npos || name_end < name_begin) return std::nullopt;
    ProcessReading reading;
    const auto [end, error] = std::from_chars(stat.data(), stat.data() + name_begin, reading.pid);
    if (error != std::errc() || end == stat.data()) return std::nullopt;
    // proc(5) counts from 1; the state, behind the name, is field 3.
    const std::vector<std::uint64_t> fields = numbers_of(stat.substr(name_end + 1));
    constexpr std::size_t first = 3;
    constexpr std::size_t start = 22;
    if (fields.size() <= start - first) return std::nullopt;
    reading.name = printable(stat.substr(name_begin + 1, name_end - name_begin - 1));
    reading.parent = static_cast<pid_t>(fields[4 - first]);
    reading.of_kernel = (fields[9 - first] & kernel_thread_flag) != 0;
    reading.own_ticks = fields[14 - first] + fields[15 - first];
    reading.reaped_ticks = fields[16 - first] + fields[17 - first];
    reading.start_ticks = fields[start - first];
    return reading;
}

ProcessTable read_processes() {
    ProcessTable table{.at = elytra::io::monotonic_now(), .processes = {}};
    std::error_code error;
    std::filesystem::directory_iterator entries("/proc", error);
    for (const std::filesystem::directory_iterator end; !error && entries != end;
         entries.increment(error)) {
        const std::string name = entries->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        auto process = parse_process(read_text("/proc/" + name + "/stat"));
        if (process.has_value()) table.processes.push_back(std::move(*process));
    }
    return table;
}

run::ForeignLoad foreign_load(const ProcessTable& earlier, const ProcessTable& later, pid_t self) {
    run::ForeignLoad load{.nanoseconds = later.at.nanoseconds - earlier.at.nanoseconds,
                          .processes = {}};
    const double ticks =
        static_cast<double>(sysconf(_SC_CLK_TCK)) * static_cast<double>(load.nanoseconds) / 1e9;
    if (ticks <= 0) return load;
    const auto before = by_identity(earlier);
    const std::set<pid_t> ours = descendants_of(later, self);
    const std::map<pid_t, std::uint64_t> ended = counted_before(earlier, later);
    for (const ProcessReading& process : later.processes) {
        if (process.of_kernel || ours.contains(process.pid)) continue;
        const auto known = before.find(identity_of(process));
        const ProcessReading since = known == before.end() ? ProcessReading{} : *known->second;
        const auto children = ended.find(process.pid);
        const std::uint64_t earlier_children = children == ended.end() ? 0 : children->second;
        const std::uint64_t used =
            difference_or_zero(process.own_ticks, since.own_ticks) +
            difference_or_zero(process.reaped_ticks, since.reaped_ticks + earlier_children);
        if (used == 0) continue;
        load.processes.push_back(
            {.name = process.name, .pid = process.pid, .cpus = static_cast<double>(used) / ticks});
    }
    std::ranges::stable_sort(load.processes, std::ranges::greater(), &run::ForeignProcess::cpus);
    if (load.processes.size() > processes_shown) load.processes.resize(processes_shown);
    return load;
}

}  // namespace elytractl::process
