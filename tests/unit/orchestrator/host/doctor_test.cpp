#include "orchestrator/host/doctor.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace elytractl::host;

namespace {

HostFacts good_facts() {
    HostFacts facts;
    facts.environment.cpu_model = "Imaginary 9000";
    facts.environment.cpu_count = 16;
    facts.environment.cpu_governor = "performance";
    facts.environment.clock_source = "tsc";
    facts.environment.kernel = "Linux 6.18 x86_64";
    facts.environment.ram_bytes = 64ULL << 30;
    facts.environment.huge_pages = "always [madvise] never";
    facts.environment.file_system = "ext4";
    facts.environment.block_device = "/dev/nvme0n1";
    facts.load = {
        .load_average = 0.5, .pressure_cpu = 0.0, .pressure_io = 0.0, .pressure_memory = 0.0};
    facts.directory = {
        .path = "/data",
        .latency = WriteLatency{.samples = 1000, .p50_us = 40, .p99_us = 90, .max_us = 200},
        .free_bytes = 100ULL << 30};
    facts.aes = true;
    facts.steal_fraction = 0;
    facts.memory_available_bytes = 60ULL << 30;
    facts.memlock_bytes = UINT64_MAX;
    facts.open_files_max = 65536;
    return facts;
}

Finding finding_of(const HostFacts& facts, std::string_view id) {
    const auto findings = diagnose(facts);
    const auto found = std::ranges::find(findings, id, &Finding::id);
    REQUIRE(found != findings.end());
    return *found;
}

}  // namespace

TEST_CASE("a good machine has nothing but ok findings, each with an id of its own") {
    const auto findings = diagnose(good_facts());
    std::set<std::string_view> ids;
    for (const Finding& finding : findings) {
        CAPTURE(finding.id);
        CHECK(finding.level == Level::ok);
        CHECK(finding.advice.empty());
        CHECK_FALSE(finding.text.empty());
        CHECK(ids.insert(finding.id).second);
    }
    CHECK(host_suitable(findings));
}

TEST_CASE("each fault of a machine shows in one finding, with its level and what to do") {
    struct Row {
        std::string_view id;
        Level level;
        std::function<void(HostFacts&)> spoil;
        std::string_view named;  // in the text
    };

    const Row rows[] = {
        {"cpu", Level::warn, [](HostFacts& f) { f.environment.cpu_count = 1; }, "1 CPUs"},
        {"cpu", Level::note, [](HostFacts& f) { f.environment.cpu_count = 2; }, "2 CPUs"},
        {"smt", Level::note, [](HostFacts& f) { f.environment.threads_share_cores = true; }, "SMT"},
        {"cpu_quota", Level::warn, [](HostFacts& f) { f.environment.control_group.cpus = 1.5; },
         "1.5 CPUs"},
        {"aes", Level::warn, [](HostFacts& f) { f.aes = false; }, "AES"},
        {"governor", Level::warn, [](HostFacts& f) { f.environment.cpu_governor = "powersave"; },
         "powersave"},
        {"clock_source", Level::warn, [](HostFacts& f) { f.environment.clock_source = "hpet"; },
         "hpet"},
        {"load_average", Level::warn, [](HostFacts& f) { f.load.load_average = 8.1; }, "8.10"},
        {"pressure", Level::warn, [](HostFacts& f) { f.load.pressure_cpu = 59.0; }, "59.0 %"},
        {"pressure", Level::warn, [](HostFacts& f) { f.load.pressure_io = 10.1; }, "10.1 %"},
        {"pressure", Level::note, [](HostFacts& f) { f.load.pressure_cpu.reset(); }, "PSI"},
        {"steal", Level::warn, [](HostFacts& f) { f.steal_fraction = 0.25; }, "25.0 %"},
        {"memory", Level::warn, [](HostFacts& f) { f.memory_available_bytes = 512ULL << 20; },
         "512 MiB"},
        {"memory", Level::warn,
         [](HostFacts& f) { f.environment.control_group.memory_bytes = 256ULL << 20; },
         "control group"},
        {"swap", Level::note, [](HostFacts& f) { f.environment.swap_bytes = 1ULL << 30; },
         "1.00 GiB"},
        {"swap", Level::warn,
         [](HostFacts& f) {
             f.environment.swap_bytes = 1ULL << 30;
             f.swap_used_bytes = 1ULL << 20;
         },
         "1.00 MiB in use"},
        {"memlock", Level::note, [](HostFacts& f) { f.memlock_bytes = 8ULL << 20; }, "8.00 MiB"},
        {"memlock", Level::warn,
         [](HostFacts& f) {
             f.memlock_bytes = 8ULL << 20;
             f.environment.swap_bytes = 1;
         },
         "8.00 MiB"},
        {"huge_pages", Level::note,
         [](HostFacts& f) { f.environment.huge_pages = "[always] madvise never"; }, "[always]"},
        {"directory", Level::fail, [](HostFacts& f) { f.directory.error = EACCES; },
         "/data: Permission denied"},
        {"file_system", Level::warn, [](HostFacts& f) { f.environment.file_system = "tmpfs"; },
         "tmpfs"},
        {"file_system", Level::note, [](HostFacts& f) { f.environment.file_system = "nfs"; },
         "nfs"},
        {"direct_io", Level::fail, [](HostFacts& f) { f.directory.direct_error = EINVAL; },
         "Invalid argument"},
        {"free_space", Level::warn, [](HostFacts& f) { f.directory.free_bytes = 1ULL << 30; },
         "1.00 GiB"},
        {"free_space", Level::fail, [](HostFacts& f) { f.directory.free_bytes = 1ULL << 20; },
         "1.00 MiB"},
        {"write_latency", Level::warn, [](HostFacts& f) { f.directory.latency->p50_us = 5'001; },
         "p50 5001 us"},
        {"write_latency", Level::warn, [](HostFacts& f) { f.directory.latency->p99_us = 20'001; },
         "p99 20001 us"},
        {"io_uring", Level::warn, [](HostFacts& f) { f.io_uring_error = EPERM; }, "threads"},
        {"io_uring", Level::warn, [](HostFacts& f) { f.io_uring_error = ENOSYS; }, "threads"},
        {"child_control", Level::fail, [](HostFacts& f) { f.pidfd_error = ENOSYS; }, "pidfd"},
        {"child_control", Level::fail, [](HostFacts& f) { f.parent_death_error = EINVAL; },
         "PDEATHSIG"},
        {"open_files", Level::warn, [](HostFacts& f) { f.open_files_max = 256; }, "256"},
        {"container", Level::note, [](HostFacts& f) { f.container = "docker"; }, "docker"},
        {"container", Level::note, [](HostFacts& f) { f.seccomp_filter = true; }, "seccomp"},
        {"tracing", Level::warn, [](HostFacts& f) { f.traced = true; }, "ptrace"},
    };
    for (const Row& row : rows) {
        HostFacts facts = good_facts();
        row.spoil(facts);
        const Finding finding = finding_of(facts, row.id);
        CAPTURE(row.id);
        CAPTURE(finding.text);
        CHECK(finding.level == row.level);
        CHECK_FALSE(finding.advice.empty());
        CHECK(finding.text.find(row.named) != std::string::npos);
        CHECK(host_suitable(diagnose(facts)) == (row.level != Level::fail));
    }
}

TEST_CASE("the limits of the checks still count as good") {
    HostFacts facts = good_facts();
    facts.environment.cpu_count = 4;
    facts.load = {
        .load_average = 2, .pressure_cpu = 20.0, .pressure_io = 10.0, .pressure_memory = 1.0};
    facts.steal_fraction = 0.01;
    facts.memory_available_bytes = 1ULL << 30;
    facts.directory.free_bytes = 2ULL << 30;
    facts.directory.latency->p50_us = 5'000;
    facts.directory.latency->p99_us = 20'000;
    facts.open_files_max = 1024;
    for (const Finding& finding : diagnose(facts)) {
        CAPTURE(finding.id);
        CHECK(finding.level == Level::ok);
    }
}

TEST_CASE("the 99th percentile of few samples is not shown") {
    HostFacts facts = good_facts();
    facts.directory.latency->samples = 999;
    CHECK(finding_of(facts, "write_latency").text.find("p99") == std::string::npos);
    facts.directory.latency->samples = 1000;
    CHECK(finding_of(facts, "write_latency").text.find("p99 90 us") != std::string::npos);
}

TEST_CASE("a virtual machine without a cpufreq driver is only noted") {
    HostFacts facts = good_facts();
    facts.environment.cpu_governor.clear();
    facts.hypervisor = true;
    const Finding finding = finding_of(facts, "governor");
    CHECK(finding.level == Level::note);
    CHECK(finding.text == "no cpufreq driver (virtual machine)");
}

TEST_CASE("memory may be locked with the right or without a limit") {
    HostFacts facts = good_facts();
    facts.memlock_bytes = 0;
    facts.may_lock_memory = true;
    CHECK(finding_of(facts, "memlock").level == Level::ok);
}
