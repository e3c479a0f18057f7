#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/engine/key_runs.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/records.hpp"
#include "server/engine/result_writer.hpp"
#include "server/engine/time_rows.hpp"
#include "server/ledger/filter.hpp"
#include "server/wire/objects.hpp"

namespace elytra::engine {

// Which transfers a question is about, and what is told of them.
struct TransferSelection {
    enum class Show : std::uint8_t {
        transfer,
        balance,  // of the account, right after the transfer
    };

    ledger::TimeWindow window;
    Order order{};
    Show show{};
    std::optional<ledger::AccountRow> account = std::nullopt;
    bool debits = false;  // of the account
    bool credits = false;
    wire::QueryFilter fields;  // only user data, ledger and code mean something
};

// Nothing: the filter makes no sense, or there is no such account.
std::optional<TransferSelection> selection_of(const LedgerStore& store,
                                              const wire::AccountFilter& filter);
std::optional<TransferSelection> selection_of(const wire::QueryFilter& filter);

// Whether the account of the selection is there, on one of its sides.
inline bool selects(const TransferSelection& selection, ledger::Parties parties) {
    if (!selection.account.has_value()) return true;
    return (selection.debits && parties.debit == *selection.account) ||
           (selection.credits && parties.credit == *selection.account);
}

// Writes what is shown of a transfer that is selected.
void show(const TransferSelection& selection, const TransferRecord& record, ResultWriter& results);

// What transfers have to be in, all of them: each is one key, or two that exclude each other. An
// index may name others, too: keys of wide values are hashes.
std::vector<std::vector<IndexKey>> index_keys(const TransferSelection& selection);

}  // namespace elytra::engine
