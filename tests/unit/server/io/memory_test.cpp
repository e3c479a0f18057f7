#include "server/io/memory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytra::io;
using elytra::test::TempDirectory;

namespace {

void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text << "\n";
}

}  // namespace

TEST_CASE("the process knows its own and the machine's memory") {
    CHECK(resident_bytes_max() > 0);
    CHECK(physical_bytes() > resident_bytes_max());
}

TEST_CASE("the memory limit is the tightest of the control group and those around it") {
    const TempDirectory root;
    write(root.path("proc/self/cgroup"), "0::/outer/inner");
    CHECK_FALSE(cgroup_memory_limit(root.path("")).has_value());
    write(root.path("sys/fs/cgroup/outer/inner/memory.max"), "max");
    CHECK_FALSE(cgroup_memory_limit(root.path("")).has_value());
    write(root.path("sys/fs/cgroup/outer/memory.max"), "1073741824");
    CHECK(cgroup_memory_limit(root.path("")) == 1ULL << 30);
    write(root.path("sys/fs/cgroup/outer/inner/memory.max"), "536870912");
    CHECK(cgroup_memory_limit(root.path("")) == 1ULL << 29);
}

TEST_CASE("the memory limit of version 1 is found, also where the group's path is not mounted") {
    const TempDirectory root;
    write(root.path("proc/self/cgroup"), "5:devices:/\n4:memory:/docker/abc\n0::/");
    write(root.path("sys/fs/cgroup/memory/memory.limit_in_bytes"), "9223372036854771712");
    CHECK_FALSE(cgroup_memory_limit(root.path("")).has_value());
    write(root.path("sys/fs/cgroup/memory/memory.limit_in_bytes"), "268435456");
    CHECK(cgroup_memory_limit(root.path("")) == 1ULL << 28);
}
