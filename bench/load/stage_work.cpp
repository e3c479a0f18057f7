#include "bench/load/stage_work.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/header.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint32_t query_limit =
    wire::results_max(wire::Operation::get_account_transfers, wire::body_size_max);
constexpr std::uint32_t lookup_batch =
    wire::events_max(wire::Operation::lookup_accounts, wire::body_size_max);

struct Plan {
    wire::Operation operation;
    std::uint64_t event_count;
    std::uint32_t batch_count;
};

Plan plan_of(Stage stage, const LoadOptions& options) {
    const std::uint64_t accounts = options.workload.account_count;
    const std::uint64_t transfers = options.workload.transfer_count;
    switch (stage) {
        case Stage::register_sessions:
            break;
        case Stage::create_accounts:
            return {wire::Operation::create_accounts, accounts, options.account_batch_count};
        case Stage::create_transfers:
            return {wire::Operation::create_transfers, transfers, options.transfer_batch_count};
        case Stage::get_account_transfers:
            return {wire::Operation::get_account_transfers, options.query_count, 1};
        case Stage::validate_accounts:
            return {wire::Operation::lookup_accounts, accounts, lookup_batch};
        case Stage::validate_transfers:
            return {wire::Operation::lookup_transfers, transfers, lookup_batch};
    }
    ELYTRA_ASSERT(false);
    return {};
}

// Values are copied in and out of bodies: elements of a trailer-less array may lie anywhere.
template <class T>
T element(std::span<const std::byte> bytes, std::size_t index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

template <class T, class Make>
std::size_t write_each(std::span<std::byte> destination, std::uint32_t count, Make make) {
    ELYTRA_ASSERT(destination.size() >= count * sizeof(T));
    for (std::uint32_t index = 0; index < count; ++index) {
        const T value = make(index);
        std::memcpy(destination.data() + index * sizeof(T), &value, sizeof(T));
    }
    return count * sizeof(T);
}

std::string status_name(wire::Operation operation, std::uint32_t status) {
    const std::string_view name =
        operation == wire::Operation::create_accounts
            ? wire::name_of(static_cast<wire::CreateAccountStatus>(status))
            : wire::name_of(static_cast<wire::CreateTransferStatus>(status));
    return name.empty() ? fmt::format("status {}", status) : std::string(name);
}

bool is_created(wire::Operation operation, std::uint32_t status) {
    return operation == wire::Operation::create_accounts
               ? static_cast<wire::CreateAccountStatus>(status) ==
                     wire::CreateAccountStatus::created
               : static_cast<wire::CreateTransferStatus>(status) ==
                     wire::CreateTransferStatus::created;
}

// What the ledger adds to an account by itself.
wire::Account without_balances(wire::Account account, std::uint64_t timestamp) {
    account.debits_pending = account.debits_posted = 0;
    account.credits_pending = account.credits_posted = 0;
    account.timestamp = timestamp;
    return account;
}

}  // namespace

void check_sums(Checks& checks) {
    const auto require = [&checks](bool holds, std::string_view what) {
        if (!holds) checks.findings.add("balances do not add up", what);
    };
    require(checks.debits_posted == checks.amounts_posted, "posted debits and posted transfers");
    require(checks.credits_posted == checks.amounts_posted, "posted credits and posted transfers");
    require(checks.debits_pending == checks.credits_pending, "pending debits and pending credits");
    // Some may have expired.
    require(checks.debits_pending <= checks.amounts_pending,
            "pending debits and pending transfers");
}

StageWork::StageWork(Stage stage, const LoadOptions& options, const Workload& workload,
                     Checks& checks)
    : stage_(stage), workload_(workload), checks_(checks) {
    const Plan plan = plan_of(stage, options);
    operation_ = plan.operation;
    event_count_ = plan.event_count;
    batch_count_ = plan.batch_count;
    ELYTRA_ASSERT(batch_count_ > 0);
}

std::uint32_t StageWork::events_of(std::uint64_t request) const {
    ELYTRA_ASSERT(request < request_count());
    const std::uint64_t left = event_count_ - request * batch_count_;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(left, batch_count_));
}

std::size_t StageWork::write(std::uint64_t request, std::span<std::byte> destination) const {
    const std::uint64_t first = request * batch_count_;
    const std::uint32_t count = events_of(request);
    switch (stage_) {
        case Stage::register_sessions:
            break;
        case Stage::create_accounts:
            return write_each<wire::Account>(destination, count, [&](std::uint32_t at) {
                return workload_.account(first + at);
            });
        case Stage::create_transfers:
            return write_each<wire::Transfer>(destination, count, [&](std::uint32_t at) {
                return workload_.transfer(first + at);
            });
        case Stage::get_account_transfers:
            return write_each<wire::AccountFilter>(destination, count, [&](std::uint32_t at) {
                return workload_.query(first + at, query_limit);
            });
        case Stage::validate_accounts:
            return write_each<u128>(destination, count, [&](std::uint32_t at) {
                return workload_.account_id(first + at);
            });
        case Stage::validate_transfers:
            return write_each<u128>(destination, count, [&](std::uint32_t at) {
                return workload_.transfer_id(first + at);
            });
    }
    ELYTRA_ASSERT(false);
    return 0;
}

std::uint64_t StageWork::check(std::uint64_t request, std::span<const std::byte> results) {
    const std::uint64_t first = request * batch_count_;
    if (stage_ == Stage::get_account_transfers) return check_query(request, results);

    // Creations answer every event; a look-up leaves out what it has not found, so that a gap makes
    // the rest uncertain as well.
    const std::size_t result_size = wire::traits_of(operation_).result_size;
    const std::size_t count = results.size() / result_size;
    if (count != events_of(request)) {
        checks_.findings.add(
            fmt::format("{}: results are missing", wire::traits_of(operation_).name),
            fmt::format("request {} has {} of {}", request, count, events_of(request)));
        return 0;
    }
    if (stage_ == Stage::validate_accounts) return check_accounts(first, results);
    if (stage_ == Stage::validate_transfers) return check_transfers(first, results);
    return check_created(first, results);
}

std::uint64_t StageWork::check_created(std::uint64_t first, std::span<const std::byte> results) {
    const std::size_t count = results.size() / sizeof(wire::CreateResult);
    std::uint64_t created = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const std::uint32_t status = element<wire::CreateResult>(results, index).status;
        if (is_created(operation_, status)) {
            ++created;
            continue;
        }
        checks_.findings.add(fmt::format("{}: {}", wire::traits_of(operation_).name,
                                         status_name(operation_, status)),
                             fmt::format("event {}", first + index));
    }
    return created;
}

std::uint64_t StageWork::check_query(std::uint64_t request, std::span<const std::byte> results) {
    const u128 account = workload_.query(request, query_limit).account_id;
    for (std::size_t index = 0; index < results.size() / sizeof(wire::Transfer); ++index) {
        const auto transfer = element<wire::Transfer>(results, index);
        if (transfer.debit_account_id == account || transfer.credit_account_id == account) continue;
        checks_.findings.add("get_account_transfers: a transfer of other accounts",
                             fmt::format("query {}", request));
        return 0;
    }
    return 1;
}

std::uint64_t StageWork::check_accounts(std::uint64_t first, std::span<const std::byte> results) {
    std::uint64_t equal = 0;
    for (std::size_t index = 0; index < results.size() / sizeof(wire::Account); ++index) {
        const auto found = element<wire::Account>(results, index);
        const wire::Account sent = workload_.account(first + index);
        const std::uint64_t timestamp = sent.timestamp != 0 ? found.timestamp : 0;
        checks_.debits_posted += found.debits_posted;
        checks_.debits_pending += found.debits_pending;
        checks_.credits_posted += found.credits_posted;
        checks_.credits_pending += found.credits_pending;
        if (without_balances(found, timestamp) == sent) {
            ++equal;
        } else {
            checks_.findings.add("lookup_accounts: not what was sent",
                                 fmt::format("account {}", first + index));
        }
    }
    return equal;
}

std::uint64_t StageWork::check_transfers(std::uint64_t first, std::span<const std::byte> results) {
    std::uint64_t equal = 0;
    for (std::size_t index = 0; index < results.size() / sizeof(wire::Transfer); ++index) {
        auto found = element<wire::Transfer>(results, index);
        const wire::Transfer sent = workload_.transfer(first + index);
        const bool pending = (sent.flags & wire::transfer_flags::pending) != 0;
        (pending ? checks_.amounts_pending : checks_.amounts_posted) += sent.amount;
        if (sent.timestamp == 0) found.timestamp = 0;
        if (found == sent) {
            ++equal;
        } else {
            checks_.findings.add("lookup_transfers: not what was sent",
                                 fmt::format("transfer {}", first + index));
        }
    }
    return equal;
}

}  // namespace elytra::bench
