#pragma once

#include <cstdint>

#include "server/common/int.hpp"
#include "server/common/time.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

// The judgements about transfers that need nothing but the rows they are given. `created` means
// that nothing is wrong. Which of several failures is reported depends on the order of the calls in
// transfer_rules.hpp and of the lines in here.
namespace elytra::ledger {

constexpr bool has_any(const wire::Transfer& transfer, std::uint16_t flags) {
    return (transfer.flags & flags) != 0;
}

// A transfer either resolves a pending one or moves an amount.
constexpr bool is_resolution(const wire::Transfer& transfer) {
    return has_any(transfer, wire::transfer_flags::post_pending_transfer |
                                 wire::transfer_flags::void_pending_transfer);
}

// When the reservation of a pending transfer ends. Requires: a timeout.
constexpr std::uint64_t expires_at(const wire::Transfer& pending) {
    return pending.timestamp + pending.timeout * nanoseconds_per_second;
}

// Whether the failure depends on the state of the ledger in a way that could change: the id is then
// used up, so that a retry cannot succeed later than its sender expects.
constexpr bool is_transient(wire::CreateTransferStatus status) {
    using enum wire::CreateTransferStatus;
    return status == debit_account_not_found || status == credit_account_not_found ||
           status == pending_transfer_not_found || status == exceeds_credits ||
           status == exceeds_debits || status == debit_account_already_closed ||
           status == credit_account_already_closed;
}

struct Accounts {
    const wire::Account& debit;
    const wire::Account& credit;
};

wire::CreateTransferStatus judge_transfer_id(const wire::Transfer& event);

// Movements.
wire::CreateTransferStatus judge_movement_fields(const wire::Transfer& event);
wire::CreateTransferStatus judge_ledgers(const wire::Transfer& event, const Accounts& accounts);
wire::CreateTransferStatus judge_import(const wire::Transfer& event, const Accounts& accounts);
wire::CreateTransferStatus judge_closed(const Accounts& accounts);

// The amount that moves: what was asked for, cut down to the room that a balancing transfer finds.
u128 movement_amount(const wire::Transfer& event, const Accounts& accounts);

// `movement` is what would be stored: the amount and the timestamp are final.
wire::CreateTransferStatus judge_overflow(const wire::Transfer& movement, const Accounts& accounts);
wire::CreateTransferStatus judge_limits(u128 amount, const Accounts& accounts);

// Resolutions of `pending`.
wire::CreateTransferStatus judge_resolution_fields(const wire::Transfer& event);
wire::CreateTransferStatus judge_resolution(const wire::Transfer& event,
                                            const wire::Transfer& pending);

// What is stored for a resolution, except the timestamp: what it leaves open comes from `pending`.
wire::Transfer complete_resolution(const wire::Transfer& event, const wire::Transfer& pending);

// How a retry differs from the transfer that has its id. For a resolution, `pending` is what the
// stored one resolved.
wire::CreateTransferStatus compare_origins(const wire::Transfer& event,
                                           const wire::Transfer& stored);
wire::CreateTransferStatus compare_movements(const wire::Transfer& event,
                                             const wire::Transfer& stored);
wire::CreateTransferStatus compare_resolutions(const wire::Transfer& event,
                                               const wire::Transfer& stored,
                                               const wire::Transfer& pending);

}  // namespace elytra::ledger
