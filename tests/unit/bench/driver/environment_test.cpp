#include "bench/driver/environment.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temp_directory.hpp"

using namespace elytra::bench;

TEST_CASE("the environment of this machine is read") {
    const Environment environment = read_environment(".");
    CHECK(environment.cpu_count >= 1);
    CHECK(environment.kernel.starts_with("Linux "));
    CHECK(environment.ram_bytes > 1 << 20);
    CHECK_FALSE(environment.file_system.empty());
    CHECK_FALSE(environment.compiler.empty());
    CHECK(environment.cpu_online >= environment.cpu_count);
    CHECK_FALSE(environment.kernel_command_line.empty());
    CHECK(environment.build.find("optimized") != std::string::npos);
    CHECK(to_json(environment)["kernel"] == environment.kernel);
}

TEST_CASE("a path that does not exist leaves the storage unknown") {
    const Environment environment = read_environment("/does/not/exist");
    CHECK(environment.file_system.empty());
    CHECK(environment.block_device.empty());
    CHECK_FALSE(environment.direct_io.has_value());
}

TEST_CASE("whether files open with O_DIRECT is tried without leaving one") {
    const elytra::test::TempDirectory folder;
    const Environment environment = read_environment(folder.path(""));
    CHECK(folder.entry_count() == 0);
    CHECK(to_json(environment)["direct_io"].is_null() != environment.direct_io.has_value());
}

TEST_CASE("pressure is a percentage, or null where the kernel does not count it") {
    const SystemLoad load = read_system_load();
    CHECK(load.load_average >= 0);
    if (load.pressure_cpu) CHECK(*load.pressure_cpu <= 100);
    SystemLoad unknown;
    CHECK(to_json(unknown)["pressure_io"].is_null());
}
