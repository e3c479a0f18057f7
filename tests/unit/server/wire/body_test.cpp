#include "server/wire/body.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint32_t development_body_max = 32'512;

// A multi-batch body of zeroed elements.
Bytes zeros_in_batches(std::uint32_t element_size, const std::vector<std::uint32_t>& counts) {
    Bytes body(2U << 20);
    MultiBatchEncoder encoder(body, element_size);
    for (const std::uint32_t count : counts) {
        encoder.end_batch(std::size_t{count} * element_size);
    }
    body.resize(encoder.finish());
    return body;
}

// A multi-batch body with one filter in each batch.
Bytes filters(std::uint32_t filter_size, const std::vector<std::uint32_t>& limits) {
    Bytes body(2U << 20);
    MultiBatchEncoder encoder(body, filter_size);
    for (const std::uint32_t limit : limits) {
        std::memcpy(encoder.room().data() + filter_size - 8, &limit, sizeof(limit));
        encoder.end_batch(filter_size);
    }
    body.resize(encoder.finish());
    return body;
}

}  // namespace

TEST_CASE("the numbers of events and results follow from the request limit") {
    for (const auto& [limit_text, operations] : test::wire_vectors()["limits"].items()) {
        const auto limit = static_cast<std::uint32_t>(std::stoul(limit_text));
        for (const auto& vector : operations) {
            const auto operation = to_operation(vector["code"].get<std::uint8_t>());
            REQUIRE(operation.has_value());
            CAPTURE(limit);
            CAPTURE(traits_of(*operation).name);
            const bool any = vector["events_per_batch"] == "any";
            CHECK(events_max(*operation, limit) ==
                  (any ? vector["event_max"].get<std::uint32_t>() : 1));
            // The vectors leave out that change events are bounded by look-ups too.
            if (operation == Operation::get_change_events) continue;
            CHECK(results_max(*operation, limit) == vector["result_max"].get<std::uint32_t>());
        }
    }
    CHECK(results_max(Operation::get_change_events, body_size_max) == 2730);
    CHECK(results_max(Operation::get_change_events, development_body_max) == 1016);
}

TEST_CASE("a request limit below a trailer leaves no room for events") {
    CHECK(events_max(Operation::create_accounts, 127) == 0);
    CHECK(events_max(Operation::create_accounts, 255) == 0);
    CHECK(events_max(Operation::create_accounts, 256) == 1);
}

TEST_CASE("control operations have empty bodies, and that of register is zero") {
    const Bytes zeros(register_body_size);
    Bytes dirty(register_body_size);
    dirty.back() = std::byte{1};
    CHECK(body_valid(Operation::register_session, zeros, body_size_max));
    CHECK(body_valid(Operation::register_session, {}, body_size_max));
    CHECK_FALSE(body_valid(Operation::register_session, dirty, body_size_max));
    for (const Operation operation : {Operation::noop, Operation::pulse}) {
        CHECK(body_valid(operation, {}, body_size_max));
        CHECK_FALSE(body_valid(operation, std::span(zeros).first(1), body_size_max));
    }
}

TEST_CASE("an unbatched body holds whole events, at most as many as the limit allows") {
    struct Row {
        std::size_t size;
        bool valid;
    };

    const Bytes zeros(body_size_max + 128);
    const auto check = [&](Operation operation, Row row) {
        CAPTURE(traits_of(operation).name);
        CAPTURE(row.size);
        const auto body = std::span(zeros).first(row.size);
        CHECK(body_valid(operation, body, development_body_max) == row.valid);
    };
    for (const Row row : {Row{0, true}, Row{127, false}, Row{128, true}, Row{254 * 128, true},
                          Row{255 * 128, false}}) {
        check(Operation::create_accounts_unbatched, row);
        check(Operation::create_transfers_unbatched, row);
    }
    for (const Row row : {Row{0, true}, Row{15, false}, Row{16, true}, Row{2032 * 16, true},
                          Row{2033 * 16, false}}) {
        check(Operation::lookup_accounts_unbatched, row);
        check(Operation::lookup_transfers_unbatched, row);
    }
    for (const Row row : {Row{0, false}, Row{64, false}, Row{128, true}, Row{256, false}}) {
        check(Operation::get_account_transfers_unbatched, row);
        check(Operation::get_account_balances_unbatched, row);
    }
    for (const Row row : {Row{0, false}, Row{63, false}, Row{64, true}, Row{128, false}}) {
        check(Operation::query_accounts_unbatched, row);
        check(Operation::query_transfers_unbatched, row);
        check(Operation::get_change_events, row);
    }
    CHECK(body_valid(Operation::lookup_accounts_unbatched, std::span(zeros).first(8190 * 16),
                     body_size_max));
    CHECK_FALSE(body_valid(Operation::lookup_accounts_unbatched, std::span(zeros).first(8191 * 16),
                           body_size_max));
}

TEST_CASE("a full create request is exactly as large as a message") {
    const Bytes full = zeros_in_batches(128, {8189});
    CHECK(full.size() == body_size_max);
    for (const Operation operation :
         {Operation::create_accounts, Operation::create_transfers,
          Operation::create_accounts_sparse, Operation::create_transfers_sparse}) {
        CAPTURE(traits_of(operation).name);
        CHECK(body_valid(operation, full, body_size_max));
        CHECK_FALSE(body_valid(operation, zeros_in_batches(128, {8190}), body_size_max));
        CHECK_FALSE(body_valid(operation, {}, body_size_max));
    }
}

TEST_CASE("no batch is larger than the limit for one batch") {
    CHECK(body_valid(Operation::create_transfers, zeros_in_batches(128, {253}),
                     development_body_max));
    CHECK_FALSE(body_valid(Operation::create_transfers, zeros_in_batches(128, {254}),
                           development_body_max));
    CHECK_FALSE(body_valid(Operation::create_transfers, zeros_in_batches(128, {1, 254, 1}),
                           development_body_max));
}

TEST_CASE("the trailer of the reply counts: full look-ups leave room for 62 empty batches") {
    std::vector<std::uint32_t> counts(63, 0);
    counts.front() = 8189;
    CHECK(body_valid(Operation::lookup_accounts, zeros_in_batches(16, counts), body_size_max));
    counts.push_back(0);
    CHECK_FALSE(
        body_valid(Operation::lookup_accounts, zeros_in_batches(16, counts), body_size_max));
}

TEST_CASE("the filters of one request share one reply") {
    struct Row {
        std::vector<std::uint32_t> limits;
        bool valid;
    };

    const Row rows[] = {{{0}, true},
                        {{8189}, true},
                        {{0xffff'ffff}, true},  // capped at 8189
                        {{4000, 4000}, true},
                        {{8188, 1}, true},
                        {{8188, 2}, false},
                        {{8189, 8189}, false},
                        {{0xffff'ffff, 0xffff'ffff}, false}};
    for (const Row& row : rows) {
        CAPTURE(row.limits.front());
        CHECK(body_valid(Operation::get_account_transfers, filters(128, row.limits),
                         body_size_max) == row.valid);
        CHECK(body_valid(Operation::get_account_balances, filters(128, row.limits),
                         body_size_max) == row.valid);
        CHECK(body_valid(Operation::query_accounts, filters(64, row.limits), body_size_max) ==
              row.valid);
        CHECK(body_valid(Operation::query_transfers, filters(64, row.limits), body_size_max) ==
              row.valid);
    }
}

TEST_CASE("a batch of filters is exactly one filter") {
    CHECK(body_valid(Operation::query_accounts, zeros_in_batches(64, {1, 1}), body_size_max));
    CHECK_FALSE(body_valid(Operation::query_accounts, zeros_in_batches(64, {0}), body_size_max));
    CHECK_FALSE(body_valid(Operation::query_accounts, zeros_in_batches(64, {2}), body_size_max));
    CHECK_FALSE(body_valid(Operation::query_accounts, zeros_in_batches(64, {1, 0}), body_size_max));
}

TEST_CASE("every published invalid body is an invalid look-up") {
    for (const auto& vector : test::wire_vectors()["multi_batch_invalid"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const Bytes body = test::from_hex(vector["body"].get<std::string>());
        CHECK_FALSE(body_valid(Operation::lookup_accounts, body, body_size_max));
    }
}

TEST_CASE("only the events of create operations take timestamps, over all batches") {
    CHECK(events_to_create(Operation::create_accounts, zeros_in_batches(128, {2, 0, 3})) == 5);
    CHECK(events_to_create(Operation::create_transfers_sparse, zeros_in_batches(128, {0})) == 0);
    CHECK(events_to_create(Operation::create_transfers_unbatched, Bytes(3 * 128)) == 3);
    CHECK(events_to_create(Operation::create_accounts_unbatched, {}) == 0);
    CHECK(events_to_create(Operation::lookup_accounts, zeros_in_batches(16, {7})) == 0);
    CHECK(events_to_create(Operation::query_accounts, zeros_in_batches(64, {1})) == 0);
    CHECK(events_to_create(Operation::register_session, Bytes(register_body_size)) == 0);
}
