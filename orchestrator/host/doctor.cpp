#include "orchestrator/host/doctor.hpp"

#include <algorithm>

#include "orchestrator/host/cpu_checks.hpp"
#include "orchestrator/host/memory_checks.hpp"
#include "orchestrator/host/storage_checks.hpp"
#include "orchestrator/host/system_checks.hpp"

namespace elytractl::host {

std::string_view to_text(Level level) {
    switch (level) {
        case Level::ok:
            return "ok";
        case Level::note:
            return "note";
        case Level::warn:
            return "warn";
        case Level::fail:
            return "fail";
    }
    return {};
}

std::vector<Finding> diagnose(const HostFacts& facts) {
    return {
        check_cpu(facts),        check_cpu_threads(facts),   check_cpu_quota(facts),
        check_aes(facts),        check_governor(facts),      check_clock_source(facts),
        check_load(facts),       check_pressure(facts),      check_steal(facts),
        check_memory(facts),     check_swap(facts),          check_memlock(facts),
        check_huge_pages(facts), check_directory(facts),     check_file_system(facts),
        check_direct_io(facts),  check_free_space(facts),    check_write_latency(facts),
        check_io_uring(facts),   check_child_control(facts), check_open_files(facts),
        check_container(facts),  check_tracing(facts),
    };
}

bool host_suitable(std::span<const Finding> findings) {
    return std::ranges::none_of(
        findings, [](const Finding& finding) { return finding.level == Level::fail; });
}

}  // namespace elytractl::host
