#include "bench/driver/control_group.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "bench/driver/kernel_files.hpp"
#include "server/io/memory.hpp"

namespace elytra::bench {
namespace {

// "200000 100000"; "max 100000" where there is no limit.
std::optional<double> quota_v2(const std::string& group) {
    std::istringstream fields(first_line(group + "/cpu.max"));
    double quota = 0;
    double period = 0;
    if (!(fields >> quota >> period) || period <= 0) return std::nullopt;
    return quota / period;
}

// Each in a file of its own; -1 where there is no limit.
std::optional<double> quota_v1(const std::string& group) {
    double quota = 0;
    double period = 0;
    if (!(std::istringstream(first_line(group + "/cpu.cfs_quota_us")) >> quota)) return {};
    if (!(std::istringstream(first_line(group + "/cpu.cfs_period_us")) >> period)) return {};
    if (quota <= 0 || period <= 0) return std::nullopt;
    return quota / period;
}

// A line of /proc/self/cgroup: number:controllers:/path; version 2 is number 0 without controllers.
struct Membership {
    std::uint32_t version = 0;
    std::string controllers;
    std::string path;
};

std::optional<Membership> parse_membership(const std::string& line) {
    const std::size_t first = line.find(':');
    if (first == std::string::npos) return std::nullopt;
    const std::size_t second = line.find(":/", first + 1);
    if (line.starts_with("0::/")) return Membership{2, {}, line.substr(3)};
    if (second == std::string::npos) return std::nullopt;
    return Membership{1, line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

bool has_controller(std::string_view controllers, std::string_view wanted) {
    while (!controllers.empty()) {
        const std::size_t comma = std::min(controllers.find(','), controllers.size());
        if (controllers.substr(0, comma) == wanted) return true;
        controllers.remove_prefix(std::min(comma + 1, controllers.size()));
    }
    return false;
}

void tighten(std::optional<double>& limit, const std::optional<double>& other) {
    if (other.has_value()) limit = std::min(limit.value_or(*other), *other);
}

// A group is bound by its own limit and by those of all groups around it.
std::optional<double> tightest_quota(const Membership& group, const std::string& mount) {
    const auto quota_of = group.version == 2 ? &quota_v2 : &quota_v1;
    std::optional<double> limit = quota_of(mount);
    std::string path = group.path;
    while (!path.empty() && path != "/") {
        tighten(limit, quota_of(mount + path));
        path.resize(path.rfind('/'));
    }
    return limit;
}

}  // namespace

ControlGroup read_control_group(const std::string& root) {
    ControlGroup found;
    found.memory_bytes = io::cgroup_memory_limit(root);
    std::ifstream file(root + "/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::optional<Membership> group = parse_membership(line);
        if (!group.has_value()) continue;
        const std::string mount = root + "/sys/fs/cgroup";
        const bool counts = has_controller(group->controllers, "cpu") ||
                            has_controller(group->controllers, "memory");
        // Where both are mounted, those of version 1 limit and version 2 only names.
        if (group->version == 2 && found.version == 0) found.version = 2;
        if (group->version == 1 && counts) found.version = 1;
        if (group->version == 2) tighten(found.cpus, tightest_quota(*group, mount));
        if (has_controller(group->controllers, "cpu")) {
            tighten(found.cpus, tightest_quota(*group, mount + "/cpu"));
        }
    }
    return found;
}

}  // namespace elytra::bench
