#include "bench/audit/auditor.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/wire/status.hpp"

namespace elytra::bench {
namespace {

using wire::CreateAccountStatus;
using wire::CreateTransferStatus;

constexpr std::uint16_t resolution_flags =
    wire::transfer_flags::post_pending_transfer | wire::transfer_flags::void_pending_transfer;
constexpr std::uint16_t stored_flags =
    resolution_flags | wire::transfer_flags::linked | wire::transfer_flags::pending;

// Values are copied out of bodies, where they may lie anywhere.
template <class T>
T element(std::span<const std::byte> bytes, std::size_t index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

template <class Status>
std::string status_text(Status status) {
    const std::string_view name = wire::name_of(status);
    return name.empty() ? fmt::format("status {}", static_cast<std::uint32_t>(status))
                        : std::string(name);
}

// Whether the workload could have made this transfer.
bool plausible(const wire::Transfer& row, const wire::Account& account) {
    const bool resolution = (row.flags & resolution_flags) != 0;
    return row.id != 0 && row.debit_account_id != row.credit_account_id &&
           (row.flags & ~stored_flags) == 0 && resolution == (row.pending_id != 0) &&
           row.ledger == account.ledger && row.code == account.code && row.timeout == 0;
}

// What one balance of an account has to be.
struct Bounds {
    std::string_view name;
    u128 found;
    u128 low;
    std::uint64_t doubt;

    bool kept() const { return found >= low && found - low <= doubt; }
};

std::string to_text(const Bounds& bounds) {
    const std::string low = to_decimal(bounds.low);
    if (bounds.doubt == 0) {
        return fmt::format("{} is {}, not {}", bounds.name, to_decimal(bounds.found), low);
    }
    return fmt::format("{} is {}, not from {} to {}", bounds.name, to_decimal(bounds.found), low,
                       to_decimal(bounds.low + bounds.doubt));
}

// A reservation that is below zero, after wrong answers, is a number that no account has.
u128 widened(std::int64_t pending) { return static_cast<u128>(pending); }

}  // namespace

Auditor::Auditor(const Workload& workload)
    : workload_(workload),
      account_(workload.account(0)),
      balances_(workload.options().account_count) {
    ELYTRA_ASSERT(!workload.options().imported && !workload.options().transfer_pending);
}

std::uint64_t Auditor::check_created_accounts(std::uint64_t first, std::uint64_t count,
                                              std::span<const std::byte> results) {
    ELYTRA_ASSERT(first + count <= balances_.size());
    if (results.size() != count * sizeof(wire::CreateResult)) {
        findings_.add("create_accounts: not one result for each event",
                      fmt::format("accounts from {} on", first));
        return 0;
    }
    std::uint64_t created = 0;
    std::uint64_t last = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
        const auto result = element<wire::CreateResult>(results, index);
        const auto status = static_cast<CreateAccountStatus>(result.status);
        if (status == CreateAccountStatus::created) {
            ++created;
        } else {
            findings_.add(
                fmt::format("create_accounts: {} instead of created", status_text(status)),
                fmt::format("account {}", first + index));
        }
        if (result.timestamp <= last) {
            findings_.add("create_accounts: a timestamp is not later than the one before it",
                          fmt::format("account {}", first + index));
        }
        last = result.timestamp;
    }
    return created;
}

std::uint64_t Auditor::check_transfers(std::span<const ExpectedEvent> events,
                                       std::span<const std::byte> results, SessionClock& clock) {
    ++requests_checked_;
    if (results.size() != events.size() * sizeof(wire::CreateResult)) {
        findings_.add(
            "create_transfers: not one result for each event",
            fmt::format("{} bytes of results for {} events", results.size(), events.size()));
        add_unanswered(events);
        return 0;
    }
    events_checked_ += events.size();
    std::uint64_t created = 0;
    for (std::size_t index = 0; index < events.size(); ++index) {
        const ExpectedEvent& event = events[index];
        const auto result = element<wire::CreateResult>(results, index);
        const auto status = static_cast<CreateTransferStatus>(result.status);
        created += status == CreateTransferStatus::created ? 1 : 0;
        // A repeat is told the time of its original, which is the event before it.
        const bool repeat = event.status == CreateTransferStatus::exists;
        const bool on_time =
            repeat ? result.timestamp == clock.timestamp : result.timestamp > clock.timestamp;
        clock.timestamp = std::max(clock.timestamp, result.timestamp);
        if (status == event.status) apply(event);
        if (status == event.status && on_time && result.reserved == 0) [[likely]]
            continue;
        add_wrong_result(event, result, index);
    }
    return created;
}

void Auditor::apply(const ExpectedEvent& event) {
    Balance& debit = balances_[event.debit];
    debit.debits_posted += event.posted;
    debit.debits_pending += event.pending;
    Balance& credit = balances_[event.credit];
    credit.credits_posted += event.posted;
    credit.credits_pending += event.pending;
}

void Auditor::add_wrong_result(const ExpectedEvent& event, const wire::CreateResult& result,
                               std::size_t index) {
    const std::string example = fmt::format("event {} of request {}", index, requests_checked_);
    const auto status = static_cast<CreateTransferStatus>(result.status);
    if (status != event.status) {
        findings_.add(fmt::format("create_transfers: {} instead of {}", status_text(status),
                                  status_text(event.status)),
                      example);
    } else if (result.reserved != 0) {
        findings_.add("create_transfers: reserved bytes of a result are not zero", example);
    } else {
        findings_.add("create_transfers: a timestamp does not follow on the one before it",
                      example);
    }
}

bool Auditor::check_query(const wire::AccountFilter& filter, std::span<const std::byte> rows) {
    ELYTRA_ASSERT((filter.flags & wire::account_filter_flags::reversed) == 0);
    ++requests_checked_;
    ++events_checked_;
    const auto refuse = [&](std::string_view what) {
        findings_.add(what, fmt::format("request {}", requests_checked_));
        return false;
    };
    const std::size_t count = rows.size() / sizeof(wire::Transfer);
    if (count > filter.limit) return refuse("get_account_transfers: more rows than the limit");
    std::uint64_t last = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const auto row = element<wire::Transfer>(rows, index);
        if (row.debit_account_id != filter.account_id &&
            row.credit_account_id != filter.account_id) {
            return refuse("get_account_transfers: a transfer of other accounts");
        }
        if (row.timestamp <= last) return refuse("get_account_transfers: rows are not in order");
        if (!plausible(row, account_)) {
            return refuse("get_account_transfers: a transfer that nobody sent");
        }
        last = row.timestamp;
    }
    return true;
}

void Auditor::add_unanswered(std::span<const ExpectedEvent> events) {
    doubts_.resize(balances_.size());
    for (const ExpectedEvent& event : events) {
        doubts_[event.debit].debits_posted += event.posted;
        doubts_[event.credit].credits_posted += event.posted;
    }
}

void Auditor::merge(const Auditor& other) {
    ELYTRA_ASSERT(other.balances_.size() == balances_.size());
    for (std::size_t index = 0; index < balances_.size(); ++index) {
        balances_[index].debits_posted += other.balances_[index].debits_posted;
        balances_[index].credits_posted += other.balances_[index].credits_posted;
        balances_[index].debits_pending += other.balances_[index].debits_pending;
        balances_[index].credits_pending += other.balances_[index].credits_pending;
    }
    if (!other.doubts_.empty()) doubts_.resize(balances_.size());
    for (std::size_t index = 0; index < other.doubts_.size(); ++index) {
        doubts_[index].debits_posted += other.doubts_[index].debits_posted;
        doubts_[index].credits_posted += other.doubts_[index].credits_posted;
    }
    findings_.merge(other.findings_);
    events_checked_ += other.events_checked_;
    accounts_checked_ += other.accounts_checked_;
    requests_checked_ += other.requests_checked_;
}

std::uint64_t Auditor::check_accounts(std::uint64_t first, std::uint64_t count,
                                      std::span<const std::byte> rows) {
    ELYTRA_ASSERT(first + count <= balances_.size());
    accounts_checked_ += count;
    std::uint64_t right = 0;
    std::size_t row = 0;
    for (std::uint64_t index = first; index < first + count; ++index) {
        // Accounts that are not found are left out, the others keep their order.
        const bool found = row < rows.size() / sizeof(wire::Account) &&
                           element<wire::Account>(rows, row).id == workload_.account_id(index);
        if (!found) {
            findings_.add("lookup_accounts: an account is missing",
                          fmt::format("account {}", index));
            continue;
        }
        if (check_account(index, element<wire::Account>(rows, row))) ++right;
        ++row;
    }
    if (row * sizeof(wire::Account) != rows.size()) {
        findings_.add("lookup_accounts: an account that was not asked for",
                      fmt::format("after account {}", first + row));
    }
    return right;
}

bool Auditor::check_account(std::uint64_t index, const wire::Account& found) {
    wire::Account as_sent = workload_.account(index);
    as_sent.debits_pending = found.debits_pending;
    as_sent.debits_posted = found.debits_posted;
    as_sent.credits_pending = found.credits_pending;
    as_sent.credits_posted = found.credits_posted;
    as_sent.timestamp = found.timestamp;
    if (as_sent != found || found.timestamp == 0) {
        findings_.add("lookup_accounts: not what was sent", fmt::format("account {}", index));
        return false;
    }
    const Balance& balance = balances_[index];
    const Doubt doubt = doubts_.empty() ? Doubt{} : doubts_[index];
    const std::array all = {
        Bounds{"debits_posted", found.debits_posted, balance.debits_posted, doubt.debits_posted},
        Bounds{"credits_posted", found.credits_posted, balance.credits_posted,
               doubt.credits_posted},
        Bounds{"debits_pending", found.debits_pending, widened(balance.debits_pending), 0},
        Bounds{"credits_pending", found.credits_pending, widened(balance.credits_pending), 0}};
    const auto broken = std::ranges::find_if_not(all, &Bounds::kept);
    if (broken == all.end()) return true;
    findings_.add("lookup_accounts: balances are not what was acknowledged",
                  fmt::format("account {}, {}", index, to_text(*broken)));
    return false;
}

}  // namespace elytra::bench
