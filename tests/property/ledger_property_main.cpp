#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string_view>

#include "server/wire/status.hpp"
#include "tests/support/ledger_property.hpp"

namespace {

// The number behind `--name=`, or `fallback` when the flag is not given.
std::uint64_t number_flag(int count, char** arguments, std::string_view name,
                          std::uint64_t fallback) {
    for (int index = 1; index < count; ++index) {
        const std::string_view argument = arguments[index];
        if (!argument.starts_with(name)) continue;
        const char* end = argument.data() + argument.size();
        std::from_chars(argument.data() + name.size(), end, fallback);
    }
    return fallback;
}

// Also the statuses that never occurred, because they say what a run did not test.
template <class Statuses>
void print_counts(const Statuses& statuses, const std::map<std::uint32_t, std::uint64_t>& counts) {
    for (const auto& [status, name] : statuses) {
        const auto found = counts.find(static_cast<std::uint32_t>(status));
        const std::uint64_t count = found == counts.end() ? 0 : found->second;
        std::printf("%12lu %.*s\n", count, static_cast<int>(name.size()), name.data());
    }
}

}  // namespace

int main(int argument_count, char** arguments) {
    const std::uint64_t seed = number_flag(argument_count, arguments, "--seed=", 1);
    const std::uint64_t events = number_flag(argument_count, arguments, "--events=", 1'000'000);
    std::printf("elytra_ledger_property --seed=%lu --events=%lu\n", seed, events);
    const elytra::test::PropertyReport report = elytra::test::check_ledger_property(seed, events);
    print_counts(elytra::wire::create_account_statuses, report.account_statuses);
    print_counts(elytra::wire::create_transfer_statuses, report.transfer_statuses);
    std::printf("%12lu checkpoints\n%12lu merges\n%12lu pages read\n", report.checkpoints,
                report.merges, report.pages_read);
    if (!report.difference.has_value()) return 0;
    std::puts(report.difference->c_str());
    return 1;
}
