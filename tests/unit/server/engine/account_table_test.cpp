#include "server/engine/account_table.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

using ledger::AccountRow;
using wire::Account;

constexpr Limits limits = limits_tiny();
constexpr std::uint32_t rows_per_chunk = limits.chunk_size / sizeof(Account);

Account account_at(std::uint64_t timestamp) {
    return {.id = timestamp * 1000 + 7,
            .user_data_128 = 5,
            .ledger = 1,
            .code = 2,
            .flags = wire::account_flags::history,
            .timestamp = timestamp};
}

// A table of accounts with timestamps 10, 20, ...
AccountTable table_of(std::uint32_t count) {
    AccountTable accounts(limits);
    for (std::uint32_t i = 1; i <= count; ++i) accounts.append(account_at(i * 10));
    return accounts;
}

// Moves money between two accounts.
void transfer(AccountTable& accounts, AccountRow debit, AccountRow credit, u128 amount) {
    Account from = accounts.account(debit);
    from.debits_posted += amount;
    accounts.update(debit, from);
    Account to = accounts.account(credit);
    to.credits_posted += amount;
    accounts.update(credit, to);
}

TEST_CASE("accounts are found by id, by row and by time, and never move") {
    AccountTable accounts(limits);
    CHECK(accounts.timestamp_last() == 0);
    CHECK(accounts.row_from(0) == 0);
    CHECK_FALSE(accounts.find(1).has_value());
    accounts.append(account_at(10));
    const Account* const first = &accounts.account(AccountRow{0});
    for (std::uint32_t i = 2; i <= 3 * rows_per_chunk; ++i) accounts.append(account_at(i * 10));
    CHECK(&accounts.account(AccountRow{0}) == first);
    CHECK(accounts.count() == 3 * rows_per_chunk);
    CHECK(accounts.timestamp_last() == 3 * rows_per_chunk * 10);
    bool all_found = true;
    for (std::uint32_t row = 0; row < accounts.count(); ++row) {
        const Account& account = accounts.account(AccountRow{row});
        all_found = all_found && account == account_at((row + 1) * 10) &&
                    accounts.find(account.id) == AccountRow{row} &&
                    accounts.row_from(account.timestamp) == row &&
                    accounts.row_from(account.timestamp - 9) == row;
    }
    CHECK(all_found);
    CHECK(accounts.row_from(UINT64_MAX) == accounts.count());
    CHECK_FALSE(accounts.find(8).has_value());
}

TEST_CASE("totals follow every update, also one that is taken back") {
    AccountTable accounts = table_of(2);
    const Account before = accounts.account(AccountRow{0});
    Account after = before;
    after.debits_pending = make_u128(3, 4);
    after.debits_posted = u128_max;
    after.credits_pending = 9;
    after.credits_posted = make_u128(1, 0);
    after.flags |= wire::account_flags::closed;
    accounts.update(AccountRow{0}, after);
    CHECK(accounts.account(AccountRow{0}) == after);
    CHECK(accounts.totals() == Totals{make_u128(3, 4), u128_max, 9, make_u128(1, 0)});
    CHECK_FALSE(accounts.totals().balanced());
    Account second = accounts.account(AccountRow{1});
    second.debits_posted = 3;
    accounts.update(AccountRow{1}, second);
    CHECK(accounts.totals().debits_posted == 2);
    accounts.update(AccountRow{0}, before);
    CHECK(accounts.account(AccountRow{0}) == before);
    CHECK(accounts.totals() == Totals{0, 3, 0, 0});
}

TEST_CASE("accounts that are taken back are gone, and their rows are used again") {
    AccountTable accounts = table_of(rows_per_chunk - 1);
    accounts.cut(1);
    const u128 kept = accounts.account(AccountRow{5}).id;
    for (int round = 0; round < 2; ++round) {
        for (std::uint32_t i = 0; i < rows_per_chunk; ++i) {
            accounts.append(account_at(1'000'000 + i));
        }
        const AccountRow last{accounts.count() - 1};
        transfer(accounts, last, AccountRow{last.value - 1}, 5);
        accounts.truncate(rows_per_chunk - 1);
        CHECK(accounts.count() == rows_per_chunk - 1);
        CHECK_FALSE(accounts.find(account_at(1'000'000).id).has_value());
        CHECK(accounts.find(kept) == AccountRow{5});
        CHECK(accounts.totals() == Totals{});
    }
    // Neither the rows nor their updates are left in what is written.
    const AccountTable::Cut cut = accounts.cut(2);
    CHECK(cut.images.empty());
    CHECK(cut.changes.empty());
}

std::vector<std::uint32_t> chunks_of(const AccountTable::Cut& cut) {
    std::vector<std::uint32_t> chunks;
    for (const AccountTable::Image& image : cut.images) chunks.push_back(image.chunk);
    return chunks;
}

using Chunks = std::vector<std::uint32_t>;

TEST_CASE("a chunk is written whole when it has new rows, and once in so many cuts") {
    CHECK(limits.account_image_cuts == 3);
    AccountTable accounts = table_of(3 * rows_per_chunk + 1);
    CHECK(chunks_of(accounts.cut(1)) == Chunks{0, 1, 2, 3});
    CHECK(chunks_of(accounts.cut(2)) == Chunks{2});
    CHECK(chunks_of(accounts.cut(3)) == Chunks{0, 3});
    CHECK(chunks_of(accounts.cut(4)) == Chunks{1});
    accounts.append(account_at(1'000'000));
    const AccountTable::Cut cut = accounts.cut(5);
    CHECK(chunks_of(cut) == Chunks{2, 3});
    CHECK(cut.images[0].size == limits.chunk_size);
    CHECK(cut.images[1].size == 2 * sizeof(Account));
    CHECK(cut.images[1].bytes.size() == sector_size);
    CHECK(chunks_of(accounts.cut(6)) == Chunks{0, 3});
}

TEST_CASE("a chunk that became full exactly is not written again for the rows behind it") {
    AccountTable accounts = table_of(rows_per_chunk);
    CHECK(chunks_of(accounts.cut(1)) == Chunks{0});
    accounts.append(account_at(1'000'000));
    CHECK(chunks_of(accounts.cut(2)) == Chunks{1});
}

TEST_CASE("changes are those of touched accounts whose chunk is not written whole, once") {
    AccountTable accounts = table_of(3 * rows_per_chunk);
    accounts.cut(1);
    const AccountRow far{2 * rows_per_chunk + 63};
    transfer(accounts, far, AccountRow{0}, 7);
    transfer(accounts, far, AccountRow{rows_per_chunk}, 8);
    const AccountTable::Cut cut = accounts.cut(4);  // chunk 1 is due
    CHECK(chunks_of(cut) == Chunks{1});
    const std::vector<AccountTable::Change> expected = {
        {.account = AccountRow{0}, .flags = wire::account_flags::history, .credits_posted = 7},
        {.account = far, .flags = wire::account_flags::history, .debits_posted = 15},
    };
    CHECK(cut.changes == expected);
    CHECK(accounts.cut(5).changes.empty());
}

TEST_CASE("what a cut holds does not change afterwards") {
    AccountTable accounts = table_of(2);
    const AccountTable::Cut cut = accounts.cut(1);
    transfer(accounts, AccountRow{0}, AccountRow{1}, 7);
    Account stored;
    std::memcpy(&stored, cut.images[0].bytes.bytes().data(), sizeof(stored));
    CHECK(stored == account_at(10));
}

// What a checkpoint holds of the accounts.
struct Checkpoint {
    struct Image {
        std::uint64_t cut = 0;
        AccountTable::Image image;
    };

    struct Changes {
        std::uint64_t cut = 0;
        std::vector<std::byte> bytes;
    };

    std::map<std::uint32_t, Image> images;
    std::vector<Changes> changes;

    void add(std::uint64_t number, AccountTable::Cut cut) {
        for (AccountTable::Image& image : cut.images) {
            const std::uint32_t chunk = image.chunk;
            images[chunk] = {.cut = number, .image = std::move(image)};
        }
        changes.push_back({.cut = number, .bytes = encode(cut.changes)});
        // All chunks have had an image since.
        std::erase_if(changes, [&](const Changes& old) {
            return old.cut + limits.account_image_cuts <= number;
        });
    }

    AccountTable restored() const {
        AccountTable accounts(limits);
        for (const auto& [chunk, held] : images) {
            const std::span<const std::byte> bytes = held.image.bytes.bytes();
            const auto rows = static_cast<std::uint32_t>(held.image.size / sizeof(Account));
            const std::span<std::byte> place = accounts.restore_image(chunk, rows);
            CHECK(place.size() == bytes.size());
            std::ranges::copy(bytes, place.begin());
        }
        for (const Changes& held : changes) {
            const std::optional<std::vector<AccountTable::Change>> all = decode_changes(held.bytes);
            for (const AccountTable::Change& change : *all) {
                if (images.at(change.account.value / rows_per_chunk).cut >= held.cut) continue;
                CHECK(accounts.restore_change(change));
            }
        }
        CHECK(accounts.restore_finish());
        return accounts;
    }
};

bool equal(const AccountTable& left, const AccountTable& right) {
    if (left.count() != right.count() || !(left.totals() == right.totals())) return false;
    for (std::uint32_t row = 0; row < left.count(); ++row) {
        const Account& account = left.account(AccountRow{row});
        if (!(account == right.account(AccountRow{row}))) return false;
        if (right.find(account.id) != AccountRow{row}) return false;
    }
    return true;
}

// Some operations: accounts, transfers, accounts that are taken back.
void change_at_random(AccountTable& accounts, Prng& prng) {
    for (std::uint64_t left = prng.below(rows_per_chunk * 2); left > 0; --left) {
        const std::uint64_t timestamp = accounts.timestamp_last() + prng.between(1, 100);
        if (accounts.count() < 2 || prng.chance(1, 4)) accounts.append(account_at(timestamp));
        if (accounts.count() < 2) continue;
        const AccountRow debit{static_cast<std::uint32_t>(prng.below(accounts.count()))};
        const AccountRow credit{static_cast<std::uint32_t>(prng.below(accounts.count()))};
        if (debit != credit) transfer(accounts, debit, credit, prng.next_u128() >> 20);
        if (!prng.chance(1, 20)) continue;
        const std::uint32_t count = accounts.count();
        accounts.append(account_at(accounts.timestamp_last() + 1));
        accounts.truncate(count);
    }
}

TEST_CASE("accounts come back from the images and changes of many cuts, and go on from there") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        AccountTable accounts(limits);
        Checkpoint checkpoint;
        for (std::uint64_t cut = 1; cut <= 20; ++cut) {
            if (prng.chance(3, 4)) change_at_random(accounts, prng);
            checkpoint.add(cut, accounts.cut(cut));
            AccountTable restored = checkpoint.restored();
            REQUIRE(equal(accounts, restored));
            // A replica that was restarted writes what the others write.
            if (prng.chance(1, 2)) accounts = std::move(restored);
        }
    }
}

// A table with one image, damaged before it is finished.
template <class Damage>
bool restores(const Damage& damage) {
    AccountTable accounts(limits);
    const std::span<std::byte> place = accounts.restore_image(0, 3);
    std::vector<Account> rows = {account_at(10), account_at(20), account_at(30)};
    std::vector<std::byte> padding(place.size() - 3 * sizeof(Account));
    damage(rows, padding);
    std::memcpy(place.data(), rows.data(), 3 * sizeof(Account));
    std::ranges::copy(padding, place.begin() + 3 * sizeof(Account));
    return accounts.restore_finish();
}

TEST_CASE("images that make no sense are refused") {
    using Rows = std::vector<Account>;
    using Padding = std::vector<std::byte>;
    CHECK(restores([](Rows&, Padding&) {}));
    CHECK_FALSE(restores([](Rows& rows, Padding&) { rows[2].id = rows[0].id; }));
    CHECK_FALSE(restores([](Rows& rows, Padding&) { rows[2].timestamp = 20; }));
    CHECK_FALSE(restores([](Rows& rows, Padding&) { rows[0].timestamp = 0; }));
    CHECK_FALSE(restores([](Rows& rows, Padding&) { rows[1].reserved = 1; }));
    CHECK_FALSE(restores([](Rows& rows, Padding&) { rows[1].debits_posted = 1; }));
    CHECK_FALSE(restores([](Rows&, Padding& padding) { padding.back() = std::byte{1}; }));
    CHECK(restores([](Rows& rows, Padding&) {
        rows[0].debits_pending = 5;
        rows[2].credits_pending = 5;
    }));
}

TEST_CASE("changes that make no sense are refused") {
    AccountTable accounts(limits);
    const std::span<std::byte> place = accounts.restore_image(0, 1);
    const Account stored = account_at(10);
    std::memcpy(place.data(), &stored, sizeof(stored));
    constexpr std::uint16_t history = wire::account_flags::history;
    constexpr std::uint16_t closed = wire::account_flags::closed;
    CHECK_FALSE(accounts.restore_change({.account = AccountRow{1}, .flags = history}));
    CHECK_FALSE(accounts.restore_change({.account = AccountRow{0}, .flags = 0}));
    CHECK_FALSE(accounts.restore_change({.account = AccountRow{0}, .flags = history | 1}));
    CHECK(accounts.account(AccountRow{0}) == stored);
    CHECK(accounts.restore_change({.account = AccountRow{0}, .flags = history | closed}));
    CHECK(accounts.account(AccountRow{0}).flags == (history | closed));
}

TEST_CASE("chunks of production size are found by shift and mask") {
    AccountTable accounts(limits_production());
    CHECK(accounts.rows_per_chunk() == 8192);
    for (std::uint32_t i = 1; i <= 20'000; ++i) accounts.append(account_at(i));
    bool all_right = true;
    for (std::uint32_t row = 0; row < accounts.count(); ++row) {
        all_right = all_right && accounts.account(AccountRow{row}).timestamp == row + 1;
    }
    CHECK(all_right);
    const AccountTable::Cut cut = accounts.cut(1);
    REQUIRE(cut.images.size() == 3);
    CHECK(cut.images[2].size == (20'000 - 2 * 8192) * sizeof(Account));
}

}  // namespace
}  // namespace elytra::engine
