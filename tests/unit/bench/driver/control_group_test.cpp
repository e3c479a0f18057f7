#include "bench/driver/control_group.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytra::bench;

namespace {

// A machine whose /proc and /sys are files of a folder.
struct Machine {
    elytra::test::TempDirectory root;

    void write(const std::string& path, const std::string& text) const {
        const std::filesystem::path file = root.path(path);
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text << "\n";
    }

    ControlGroup read() const { return read_control_group(root.path("")); }
};

}  // namespace

TEST_CASE("a machine without control groups has no limits") {
    CHECK(Machine().read() == ControlGroup{});
}

TEST_CASE("version 2: the tightest of the own group and of those around it counts") {
    const Machine machine;
    machine.write("proc/self/cgroup", "0::/outer/inner");
    CHECK(machine.read() == ControlGroup{2, std::nullopt, std::nullopt});
    machine.write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000");
    CHECK_FALSE(machine.read().cpus.has_value());
    machine.write("sys/fs/cgroup/outer/cpu.max", "150000 100000");
    CHECK(machine.read().cpus == 1.5);
    machine.write("sys/fs/cgroup/outer/inner/cpu.max", "50000 100000");
    CHECK(machine.read().cpus == 0.5);
    // In a container the own group is the root of what is seen.
    machine.write("sys/fs/cgroup/cpu.max", "25000 100000");
    CHECK(machine.read().cpus == 0.25);
    machine.write("sys/fs/cgroup/outer/memory.max", "1073741824");
    CHECK(machine.read().memory_bytes == 1ULL << 30);
}

TEST_CASE("version 1: quota and period are files of their own, -1 is no limit") {
    const Machine machine;
    machine.write("proc/self/cgroup", "4:memory:/a\n2:cpu,cpuacct:/a\n1:name=systemd:/\n0::/");
    machine.write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1");
    machine.write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000");
    CHECK(machine.read() == ControlGroup{1, std::nullopt, std::nullopt});
    machine.write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000");
    machine.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912");
    CHECK(machine.read() == ControlGroup{1, 3.0, 1ULL << 29});
}

TEST_CASE("lines that are none of control groups are passed over") {
    const Machine machine;
    machine.write("proc/self/cgroup", "\nnothing\n:\n7:cpuset:/x\n3:cpu");
    CHECK(machine.read() == ControlGroup{});
}
