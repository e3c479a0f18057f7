#include "tests/support/engine_content.hpp"

#include <algorithm>
#include <optional>

#include "server/engine/row_codec.hpp"
#include "server/forest/column_page.hpp"
#include "server/forest/pair_page.hpp"
#include "server/ledger/transfer_checks.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::test {

using engine::IndexId;
using engine::RowTableId;
using engine::Run;
using forest::Pair;

namespace {

std::string at(std::string what, std::uint64_t number) {
    return std::move(what) + " " + std::to_string(number);
}

bool row_is(const EngineWorld& world, const EngineModel& model, RowTableId table,
            const forest::ColumnPage& page, std::uint32_t in_page, std::uint32_t row) {
    switch (table) {
        case RowTableId::transfers: {
            const auto record = engine::decode_transfer(page, in_page, world.store->accounts());
            return record.has_value() && equal(*record, model.transfers[row]);
        }
        case RowTableId::expiries: {
            const auto record = engine::decode_expiry(page, in_page, world.store->accounts());
            return record.has_value() && equal(*record, model.expiries[row]);
        }
        case RowTableId::failed_ids:
            break;
    }
    return engine::decode_failed_id(page, in_page) == model.failed_ids[row];
}

std::string compare_table(const EngineWorld& world, const EngineModel& model, RowTableId id,
                          std::size_t row_count) {
    const engine::RowTable& table = world.store->catalog().table(id);
    if (table.row_count() != row_count) return at("rows of table", static_cast<unsigned>(id));
    std::uint32_t row = 0;
    for (std::uint32_t number = 0; number < table.page_count(); ++number) {
        const storage::PageAddress address = table.address(number);
        const auto bytes = world.bytes(address.offset, world.limits.page_size);
        if (wire::checksum(bytes) != address.checksum) return at("checksum of page", number);
        const auto page =
            forest::ColumnPage::open({table.segment(), number}, engine::column_count(id), bytes);
        if (!page.has_value()) return at("page", number);
        for (std::uint32_t i = 0; i < page->row_count(); ++i, ++row) {
            if (!row_is(world, model, id, *page, i, row)) return at("row", row);
        }
    }
    return row == row_count ? "" : "pages and fences disagree";
}

std::optional<std::vector<Pair>> pairs_of_run(const EngineWorld& world, const Run& run) {
    std::vector<Pair> pairs;
    for (std::uint32_t number = 0; number < run.fences.size(); ++number) {
        const storage::PageAddress address = run.address(number);
        const auto bytes = world.bytes(address.offset, world.limits.page_size);
        if (wire::checksum(bytes) != address.checksum) return std::nullopt;
        const auto page = forest::PairPage::open({run.segment, number}, bytes);
        if (!page.has_value() || page->at(0).key != run.fences[number].first_key) {
            return std::nullopt;
        }
        for (std::uint32_t i = 0; i < page->size(); ++i) pairs.push_back(page->at(i));
    }
    return pairs;
}

std::string compare_ids(const EngineModel& model, const Run& run, const std::vector<Pair>& pairs) {
    u128 id_min = u128_max;
    u128 id_max = 0;
    for (const Pair& pair : pairs) {
        const u128 id = run.index == IndexId::id ? model.transfers[pair.row].transfer.id
                                                 : model.failed_ids[pair.row];
        id_min = std::min(id_min, id);
        id_max = std::max(id_max, id);
        if (!run.filter.may_contain(engine::filter_hash(pair.key))) return "filter";
    }
    return run.id_min == id_min && run.id_max == id_max ? "" : "range of ids";
}

// Each run has the pairs of its rows; together they have all.
std::string compare_index(const EngineWorld& world, const EngineModel& model, IndexId index) {
    const std::vector<Pair> all = pairs_of(model, index);
    std::size_t found = 0;
    std::uint32_t row_end = 0;
    std::uint8_t tier = UINT8_MAX;
    for (const engine::RunRef& run : world.store->catalog().runs_of(index)) {
        if (run->row_first < row_end || run->tier > tier) return at("order of run", run->segment);
        row_end = run->row_end;
        tier = run->tier;
        std::vector<Pair> expected;
        std::ranges::copy_if(all, std::back_inserter(expected), [&](const Pair& pair) {
            return pair.row >= run->row_first && pair.row < run->row_end;
        });
        const auto pairs = pairs_of_run(world, *run);
        if (!pairs.has_value()) return at("page of run", run->segment);
        if (*pairs != expected || run->pair_count != pairs->size() || pairs->empty()) {
            return at("pairs of run", run->segment);
        }
        found += expected.size();
        const bool ids = index == IndexId::id || index == IndexId::failed_id;
        if (!ids) continue;
        const std::string difference = compare_ids(model, *run, *pairs);
        if (!difference.empty()) return at(difference + " of run", run->segment);
    }
    return found == all.size() ? "" : at("pairs of index", static_cast<unsigned>(index));
}

}  // namespace

std::string compare_catalog(const EngineWorld& world, const EngineModel& model) {
    const std::pair<RowTableId, std::size_t> tables[] = {
        {RowTableId::transfers, model.transfers.size()},
        {RowTableId::expiries, model.expiries.size()},
        {RowTableId::failed_ids, model.failed_ids.size()}};
    for (const auto& [id, row_count] : tables) {
        const std::string difference = compare_table(world, model, id, row_count);
        if (!difference.empty()) return at("table", static_cast<unsigned>(id)) + ": " + difference;
    }
    for (std::uint32_t i = 0; i < engine::index_count; ++i) {
        const std::string difference = compare_index(world, model, static_cast<IndexId>(i));
        if (!difference.empty()) return at("index", i) + ": " + difference;
    }
    return "";
}

std::string compare_memory(const EngineWorld& world, const EngineModel& model) {
    engine::LedgerStore& store = *world.store;
    if (store.timestamp() != model.timestamp) return "timestamp";
    if (store.accounts().count() != model.accounts.size()) return "number of accounts";
    for (std::uint32_t row = 0; row < model.accounts.size(); ++row) {
        const ledger::AccountRow account{row};
        if (store.account(account) != model.accounts[row]) return at("account", row);
        if (store.find_account(model.accounts[row].id) != account) return at("id of account", row);
    }
    std::uint64_t expiry_first = UINT64_MAX;
    for (std::uint32_t row = 0; row < model.transfers.size(); ++row) {
        const ledger::PendingStatus status = model.statuses[row];
        if (status == ledger::PendingStatus::none) continue;
        if (store.statuses().status(ledger::TransferRow{row}) != status) return at("status", row);
        const wire::Transfer& transfer = model.transfers[row].transfer;
        if (status != ledger::PendingStatus::pending || transfer.timeout == 0) continue;
        expiry_first = std::min(expiry_first, ledger::expires_at(transfer));
    }
    const engine::ExpiryQueue& queue = store.expiries_due();
    const std::uint64_t queued = queue.empty() ? UINT64_MAX : queue.front().expires_at;
    return queued == expiry_first ? "" : "first expiry";
}

}  // namespace elytra::test
