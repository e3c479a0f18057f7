#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "server/common/int.hpp"
#include "server/common/strong.hpp"
#include "server/wire/objects.hpp"

namespace elytra::ledger {

// Positions in order of creation, from 0. Timestamps ascend with them.
using AccountRow = Strong<struct AccountRowTag, std::uint32_t>;
using TransferRow = Strong<struct TransferRowTag, std::uint32_t>;

// The two accounts of a transfer.
struct Parties {
    AccountRow debit;
    AccountRow credit;
};

// What became of a transfer; `none` when it is not a pending one.
enum class PendingStatus : std::uint8_t { none, pending, posted, voided, expired };

enum class IdState : std::uint8_t {
    unknown,
    created,
    failed,  // a transient failure used the id up
};

struct TransferSearch {
    IdState state = IdState::unknown;
    TransferRow row;  // when created
};

enum class ChainEnd : std::uint8_t { keep, undo };

// Where the rules find and leave accounts and transfers. What every store has to do beyond keeping
// what it is given:
// - References stay valid while rows are appended, and show updates.
// - append_transfer() and append_expiry() also record the event with the balances and flags that
// both
//   accounts have at that moment, so the accounts are updated first.
// - A new transfer has PendingStatus::none. A transfer with a timeout waits for its expiry as long
// as
//   its status is `pending`.
// - chain_end(undo) takes everything since chain_begin() back, except remembered ids.
template <class S>
concept Store = requires(S& store, const S& view, u128 id, std::uint64_t timestamp, Parties parties,
                         AccountRow account_row, const wire::Account& account,
                         TransferRow transfer_row, const wire::Transfer& transfer) {
    { view.find_account(id) } -> std::same_as<std::optional<AccountRow>>;
    { view.account(account_row) } -> std::same_as<const wire::Account&>;
    { view.account_timestamp_last() } -> std::same_as<std::uint64_t>;  // 0 without accounts
    { view.account_at(timestamp) } -> std::same_as<bool>;  // whether one has exactly this timestamp
    store.append_account(account);
    store.update_account(account_row, account);  // balances and flags; the rest must be the same

    { view.find_transfer(id) } -> std::same_as<TransferSearch>;
    { view.transfer(transfer_row) } -> std::same_as<const wire::Transfer&>;
    { view.parties(transfer_row) } -> std::same_as<Parties>;
    { view.transfer_timestamp_last() } -> std::same_as<std::uint64_t>;
    { view.transfer_at(timestamp) } -> std::same_as<bool>;
    { store.append_transfer(transfer, parties) } -> std::same_as<TransferRow>;
    store.remember_failed(id);

    { view.pending_status(transfer_row) } -> std::same_as<PendingStatus>;
    store.set_pending_status(transfer_row, PendingStatus::pending);
    store.append_expiry(transfer_row, timestamp);

    store.chain_begin();
    store.chain_end(ChainEnd::keep);

    // Hints that an event will be handled soon: first what leads to its rows, then the rows.
    view.prefetch(account);
    view.prefetch(transfer);
    view.prefetch_rows(account);
    view.prefetch_rows(transfer);
};

}  // namespace elytra::ledger
