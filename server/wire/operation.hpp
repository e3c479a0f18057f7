#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace elytra::wire {

// What a request asks for. The same work has up to three numbers, because clients of different age
// encode it differently; only the number tells, never the client's release.
enum class Operation : std::uint8_t {
    register_session = 2,
    noop = 6,
    pulse = 128,  // internal: expiry of pending transfers; never accepted from a client
    create_accounts_unbatched = 129,
    create_transfers_unbatched = 130,
    lookup_accounts_unbatched = 131,
    lookup_transfers_unbatched = 132,
    get_account_transfers_unbatched = 133,
    get_account_balances_unbatched = 134,
    query_accounts_unbatched = 135,
    query_transfers_unbatched = 136,
    get_change_events = 137,
    create_accounts_sparse = 138,
    create_transfers_sparse = 139,
    lookup_accounts = 140,
    lookup_transfers = 141,
    get_account_transfers = 142,
    get_account_balances = 143,
    query_accounts = 144,
    query_transfers = 145,
    create_accounts = 146,
    create_transfers = 147,
};

enum class OperationKind : std::uint8_t {
    control,  // register_session, noop, pulse: no events
    create,   // any number of events, each may make an object
    lookup,   // any number of ids
    filter,   // exactly one filter a batch, which bounds its own results
};

enum class Encoding : std::uint8_t {
    plain,        // the body is an array of events or results
    multi_batch,  // several such arrays and a trailer, in both directions (multi_batch.hpp)
};

enum class ResultForm : std::uint8_t {
    dense,   // create: one result for each event
    sparse,  // create: only the failures, each with its index
};

struct OperationTraits {
    Operation operation;
    std::string_view name;
    OperationKind kind;
    Encoding encoding;
    ResultForm result_form;
    std::uint32_t event_size;   // bytes; 0 for control operations
    std::uint32_t result_size;  // bytes; 0 for control operations
};

namespace detail {

// Rows 0 and 1 stand alone; from row 2 on the numbers are consecutive.
inline constexpr std::size_t row_pulse = 2;

inline constexpr std::array<OperationTraits, 22> operation_table = [] {
    using enum Operation;
    using enum OperationKind;
    constexpr Encoding plain = Encoding::plain;
    constexpr Encoding multi = Encoding::multi_batch;
    constexpr ResultForm dense = ResultForm::dense;
    constexpr ResultForm sparse = ResultForm::sparse;
    return std::array<OperationTraits, 22>{{
        {register_session, "register", control, plain, dense, 0, 0},
        {noop, "noop", control, plain, dense, 0, 0},
        {pulse, "pulse", control, plain, dense, 0, 0},
        {create_accounts_unbatched, "create_accounts_unbatched", create, plain, sparse, 128, 8},
        {create_transfers_unbatched, "create_transfers_unbatched", create, plain, sparse, 128, 8},
        {lookup_accounts_unbatched, "lookup_accounts_unbatched", lookup, plain, dense, 16, 128},
        {lookup_transfers_unbatched, "lookup_transfers_unbatched", lookup, plain, dense, 16, 128},
        {get_account_transfers_unbatched, "get_account_transfers_unbatched", filter, plain, dense,
         128, 128},
        {get_account_balances_unbatched, "get_account_balances_unbatched", filter, plain, dense,
         128, 128},
        {query_accounts_unbatched, "query_accounts_unbatched", filter, plain, dense, 64, 128},
        {query_transfers_unbatched, "query_transfers_unbatched", filter, plain, dense, 64, 128},
        {get_change_events, "get_change_events", filter, plain, dense, 64, 384},
        {create_accounts_sparse, "create_accounts_sparse", create, multi, sparse, 128, 8},
        {create_transfers_sparse, "create_transfers_sparse", create, multi, sparse, 128, 8},
        {lookup_accounts, "lookup_accounts", lookup, multi, dense, 16, 128},
        {lookup_transfers, "lookup_transfers", lookup, multi, dense, 16, 128},
        {get_account_transfers, "get_account_transfers", filter, multi, dense, 128, 128},
        {get_account_balances, "get_account_balances", filter, multi, dense, 128, 128},
        {query_accounts, "query_accounts", filter, multi, dense, 64, 128},
        {query_transfers, "query_transfers", filter, multi, dense, 64, 128},
        {create_accounts, "create_accounts", create, multi, dense, 128, 16},
        {create_transfers, "create_transfers", create, multi, dense, 128, 16},
    }};
}();

constexpr std::size_t operation_row(Operation operation) {
    if (operation == Operation::register_session) return 0;
    if (operation == Operation::noop) return 1;
    return row_pulse + static_cast<std::size_t>(operation) -
           static_cast<std::size_t>(Operation::pulse);
}

constexpr bool operation_table_in_order() {
    for (std::size_t row = 0; row < operation_table.size(); ++row) {
        if (operation_row(operation_table[row].operation) != row) return false;
    }
    return true;
}

static_assert(operation_table_in_order());

}  // namespace detail

constexpr const OperationTraits& traits_of(Operation operation) {
    return detail::operation_table[detail::operation_row(operation)];
}

// The operation behind a byte of a header; none for a number without meaning.
constexpr std::optional<Operation> to_operation(std::uint8_t raw) {
    for (const OperationTraits& traits : detail::operation_table) {
        if (static_cast<std::uint8_t>(traits.operation) == raw) return traits.operation;
    }
    return std::nullopt;
}

}  // namespace elytra::wire
