#include "tests/support/naive_replies.hpp"

#include "server/wire/body.hpp"

namespace elytra::test {

using wire::Operation;

Bytes NaiveReplies::execute(Operation operation, const Bytes& batch, std::uint64_t slot_first) {
    using enum Operation;
    switch (operation) {
        case create_accounts:
        case create_accounts_sparse:
        case create_accounts_unbatched:
            results_ = ledger_.create_accounts(objects_of<wire::Account>(batch), slot_first);
            return results_as(operation);
        case create_transfers:
        case create_transfers_sparse:
        case create_transfers_unbatched:
            results_ = ledger_.create_transfers(objects_of<wire::Transfer>(batch), slot_first);
            return results_as(operation);
        case lookup_accounts:
        case lookup_accounts_unbatched:
            return to_bytes(ledger_.lookup_accounts(objects_of<u128>(batch)));
        case lookup_transfers:
        case lookup_transfers_unbatched:
            return to_bytes(ledger_.lookup_transfers(objects_of<u128>(batch)));
        default:
            return query(operation, batch);
    }
}

void NaiveReplies::pulse(std::uint64_t timestamp) {
    ledger_.pulse(timestamp,
                  wire::events_max(Operation::create_transfers_unbatched, request_body_max_));
}

Bytes NaiveReplies::results_as(Operation operation) const {
    if (wire::traits_of(operation).result_form == wire::ResultForm::dense) {
        return to_bytes(results_);
    }
    std::vector<wire::CreateError> errors;
    for (std::uint32_t index = 0; index < results_.size(); ++index) {
        const std::uint32_t status = results_[index].status;
        if (status != 0xffffffff) errors.push_back({.index = index, .status = status});
    }
    return to_bytes(errors);
}

Bytes NaiveReplies::query(Operation operation, const Bytes& batch) const {
    using enum Operation;
    const std::size_t max = wire::results_max(operation, request_body_max_);
    if (operation == get_change_events) {
        const auto filter = objects_of<wire::ChangeEventsFilter>(batch).at(0);
        return to_bytes(ledger_.change_events(filter, max));
    }
    if (operation == query_accounts || operation == query_accounts_unbatched) {
        return to_bytes(ledger_.query_accounts(objects_of<wire::QueryFilter>(batch).at(0), max));
    }
    if (operation == query_transfers || operation == query_transfers_unbatched) {
        return to_bytes(ledger_.query_transfers(objects_of<wire::QueryFilter>(batch).at(0), max));
    }
    const auto filter = objects_of<wire::AccountFilter>(batch).at(0);
    if (operation == get_account_transfers || operation == get_account_transfers_unbatched) {
        return to_bytes(ledger_.account_transfers(filter, max));
    }
    return to_bytes(ledger_.account_balances(filter, max));
}

}  // namespace elytra::test
