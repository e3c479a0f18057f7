#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/engine/catalog.hpp"

// Names for users of what a checkpoint holds.
namespace elytra::inspect {

enum class TreeKind : std::uint8_t { accounts, rows, index };

struct Tree {
    std::uint32_t id = 0;  // for users only
    std::string_view name;
    TreeKind kind{};
    engine::RowTableId table{};  // of rows
    engine::IndexId index{};     // of an index
};

inline constexpr std::array<Tree, 14> trees = [] {
    using enum TreeKind;
    using engine::IndexId;
    using engine::RowTableId;
    return std::array<Tree, 14>{{
        {1, "accounts", accounts, {}, {}},
        {2, "transfers", rows, RowTableId::transfers, {}},
        {3, "expiries", rows, RowTableId::expiries, {}},
        {4, "failed_ids", rows, RowTableId::failed_ids, {}},
        {10, "transfers.id", index, {}, IndexId::id},
        {11, "failed_ids.id", index, {}, IndexId::failed_id},
        {12, "transfers.debit_account_id", index, {}, IndexId::debit},
        {13, "transfers.credit_account_id", index, {}, IndexId::credit},
        {14, "transfers.user_data_128", index, {}, IndexId::user_data_128},
        {15, "transfers.user_data_64", index, {}, IndexId::user_data_64},
        {16, "transfers.user_data_32", index, {}, IndexId::user_data_32},
        {17, "transfers.ledger", index, {}, IndexId::ledger},
        {18, "transfers.code", index, {}, IndexId::code},
        {19, "transfers.expires_at", index, {}, IndexId::expiry},
    }};
}();

// By name or by id in decimal.
std::optional<Tree> find_tree(std::string_view text);

std::string_view name_of(engine::RowTableId table);
std::string_view name_of(engine::IndexId index);

// All names, for a message.
std::string tree_names();

}  // namespace elytra::inspect
