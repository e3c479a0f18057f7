#include "server/engine/transfer_selection.hpp"

#include "server/common/assert.hpp"
#include "server/forest/filter.hpp"

namespace elytra::engine {

namespace {

std::uint64_t hash_key(u128 value) { return forest::key_of(forest::hash_of(value)); }

}  // namespace

std::optional<TransferSelection> selection_of(const LedgerStore& store,
                                              const wire::AccountFilter& filter) {
    namespace flags = wire::account_filter_flags;
    if (!ledger::filter_valid(filter)) return std::nullopt;
    const std::optional<ledger::AccountRow> account = store.find_account(filter.account_id);
    if (!account.has_value()) return std::nullopt;
    const bool reversed = (filter.flags & flags::reversed) != 0;
    return TransferSelection{.window = ledger::time_window(filter),
                             .order = reversed ? Order::descending : Order::ascending,
                             .show = TransferSelection::Show::transfer,
                             .account = account,
                             .debits = (filter.flags & flags::debits) != 0,
                             .credits = (filter.flags & flags::credits) != 0,
                             .fields = {.user_data_128 = filter.user_data_128,
                                        .user_data_64 = filter.user_data_64,
                                        .user_data_32 = filter.user_data_32,
                                        .code = filter.code}};
}

std::optional<TransferSelection> selection_of(const wire::QueryFilter& filter) {
    if (!ledger::filter_valid(filter)) return std::nullopt;
    const bool reversed = (filter.flags & wire::query_filter_flags::reversed) != 0;
    return TransferSelection{.window = ledger::time_window(filter),
                             .order = reversed ? Order::descending : Order::ascending,
                             .show = TransferSelection::Show::transfer,
                             .fields = filter};
}

void show(const TransferSelection& selection, const TransferRecord& record, ResultWriter& results) {
    if (selection.show == TransferSelection::Show::transfer) return results.add(record.transfer);
    ELYTRA_ASSERT(selection.account.has_value());
    const bool is_debit = record.debit.account == *selection.account;
    const AccountSnapshot& account = record.side(is_debit ? Side::debit : Side::credit);
    results.add(wire::AccountBalance{.debits_pending = account.debits_pending,
                                     .debits_posted = account.debits_posted,
                                     .credits_pending = account.credits_pending,
                                     .credits_posted = account.credits_posted,
                                     .timestamp = record.transfer.timestamp});
}

std::vector<std::vector<IndexKey>> index_keys(const TransferSelection& selection) {
    std::vector<std::vector<IndexKey>> terms;
    if (selection.account.has_value()) {
        const std::uint64_t key = selection.account->value;
        std::vector<IndexKey>& sides = terms.emplace_back();
        if (selection.debits) sides.push_back({.index = IndexId::debit, .key = key});
        if (selection.credits) sides.push_back({.index = IndexId::credit, .key = key});
    }
    const auto add = [&](IndexId index, std::uint64_t key) {
        terms.push_back({{.index = index, .key = key}});
    };
    const wire::QueryFilter& fields = selection.fields;
    if (fields.user_data_128 != 0) add(IndexId::user_data_128, hash_key(fields.user_data_128));
    if (fields.user_data_64 != 0) add(IndexId::user_data_64, hash_key(fields.user_data_64));
    if (fields.user_data_32 != 0) add(IndexId::user_data_32, fields.user_data_32);
    if (fields.ledger != 0) add(IndexId::ledger, fields.ledger);
    if (fields.code != 0) add(IndexId::code, fields.code);
    return terms;
}

}  // namespace elytra::engine
