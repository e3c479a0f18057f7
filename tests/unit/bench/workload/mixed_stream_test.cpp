#include "bench/workload/mixed_stream.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/ledger_driver.hpp"

using namespace elytra;
using namespace elytra::bench;

namespace {

using wire::CreateTransferStatus;
using wire::Operation;

constexpr MixOptions mix_of_all{.shares = {200, 250, 250, 250, 50}};

MixedStream::Options small(const MixOptions& mix) {
    return {.workload = {.account_count = 50,
                         .id_order = IdOrder::random,
                         .seed = 42,
                         .id_base = WallTime{1'700'000'000'000'000'000}},
            .mix = mix};
}

MixOptions only(UnitKind kind) {
    MixOptions mix{.shares = {}};
    mix.share(kind) = 1000;
    return mix;
}

struct Unit {
    std::vector<wire::Transfer> events;
    std::vector<ExpectedEvent> expected;
};

Unit unit_of(const MixedStream& stream, std::uint64_t number) {
    Unit unit{.events = std::vector<wire::Transfer>(MixedStream::unit_events_max),
              .expected = std::vector<ExpectedEvent>(MixedStream::unit_events_max)};
    const std::uint32_t count = stream.write(number, unit.events, unit.expected);
    unit.events.resize(count);
    unit.expected.resize(count);
    return unit;
}

// A ledger with the accounts of a stream.
class Ledger {
public:
    explicit Ledger(const MixedStream& stream) {
        std::vector<wire::Account> accounts;
        for (std::uint64_t at = 0; at < stream.workload().options().account_count; ++at) {
            accounts.push_back(stream.workload().account(at));
        }
        driver_.execute(Operation::create_accounts, accounts);
    }

    // The number of events that were answered otherwise than expected.
    int execute(const Unit& request) {
        const auto results = test::objects_of<wire::CreateResult>(
            driver_.execute(Operation::create_transfers, request.events).front());
        REQUIRE(results.size() == request.expected.size());
        int wrong = 0;
        for (std::size_t index = 0; index < results.size(); ++index) {
            const auto status = static_cast<CreateTransferStatus>(results[index].status);
            if (status != request.expected[index].status) ++wrong;
            ++statuses[status];
        }
        return wrong;
    }

    std::vector<wire::Account> accounts(const MixedStream& stream) {
        std::vector<u128> ids;
        for (std::uint64_t at = 0; at < stream.workload().options().account_count; ++at) {
            ids.push_back(stream.workload().account_id(at));
        }
        return test::objects_of<wire::Account>(
            driver_.execute(Operation::lookup_accounts, ids).front());
    }

    std::map<CreateTransferStatus, int> statuses;

private:
    test::LedgerDriver driver_{{}};
};

void append(Unit& request, const Unit& unit) {
    request.events.insert(request.events.end(), unit.events.begin(), unit.events.end());
    request.expected.insert(request.expected.end(), unit.expected.begin(), unit.expected.end());
}

// The requests of all streams, of `units` consecutive units each, in an order that has nothing to
// do with the order of the units: clients overtake each other.
std::vector<Unit> shuffled_requests(const std::vector<MixedStream>& streams, std::uint64_t count,
                                    std::uint64_t units) {
    std::vector<Unit> requests;
    for (const MixedStream& stream : streams) {
        for (std::uint64_t request = 0; request < count; ++request) {
            requests.emplace_back();
            for (std::uint64_t number = request * units; number < (request + 1) * units; ++number) {
                if (stream.kind(number) == UnitKind::query) continue;
                append(requests.back(), unit_of(stream, number));
            }
        }
    }
    Prng prng(7);
    for (std::size_t left = requests.size(); left > 1; --left) {
        std::swap(requests[left - 1], requests[prng.below(left)]);
    }
    return requests;
}

std::vector<MixedStream> streams_of(MixedStream::Options options, std::uint32_t count) {
    std::vector<MixedStream> streams;
    options.streams = count;
    for (options.stream = 0; options.stream < count; ++options.stream) {
        streams.emplace_back(options);
    }
    return streams;
}

}  // namespace

TEST_CASE("the ledger answers every unit as the stream says, however clients interleave") {
    for (const IdOrder order :
         {IdOrder::tbid, IdOrder::sequential, IdOrder::random, IdOrder::reversed}) {
        CAPTURE(to_text(order));
        MixedStream::Options options = small(mix_of_all);
        options.workload.id_order = order;
        options.workload.seed = 42 + static_cast<std::uint64_t>(order);
        const std::vector<MixedStream> streams = streams_of(options, 3);
        Ledger ledger(streams.front());
        int wrong = 0;
        for (const Unit& request : shuffled_requests(streams, 100, 100)) {
            wrong += ledger.execute(request);
        }
        CHECK(wrong == 0);
        // created, linked_event_failed, 12 defects, 3 kinds of repeats
        CHECK(ledger.statuses.size() == 17);
    }
}

TEST_CASE("tens of thousands of units of each kind are answered as the stream says") {
    for (const UnitKind kind :
         {UnitKind::plain, UnitKind::linked, UnitKind::two_phase, UnitKind::failing}) {
        CAPTURE(to_text(kind));
        const std::vector<MixedStream> streams = streams_of(small(only(kind)), 2);
        Ledger ledger(streams.front());
        int wrong = 0;
        for (const Unit& request : shuffled_requests(streams, 20, 1000)) {
            wrong += ledger.execute(request);
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("what units say about balances is what the ledger has at the end") {
    const std::vector<MixedStream> streams = streams_of(small(mix_of_all), 2);
    Ledger ledger(streams.front());
    std::vector<wire::Account> expected(50);
    for (const Unit& request : shuffled_requests(streams, 20, 200)) {
        ledger.execute(request);
        for (const ExpectedEvent& event : request.expected) {
            expected[event.debit].debits_posted += event.posted;
            expected[event.credit].credits_posted += event.posted;
        }
    }
    const std::vector<wire::Account> found = ledger.accounts(streams.front());
    REQUIRE(found.size() == expected.size());
    for (std::size_t index = 0; index < found.size(); ++index) {
        CAPTURE(index);
        CHECK(found[index].debits_posted == expected[index].debits_posted);
        CHECK(found[index].credits_posted == expected[index].credits_posted);
        CHECK(found[index].debits_pending == 0);
        CHECK(found[index].credits_pending == 0);
    }
}

TEST_CASE("ids of different streams, units and events never collide") {
    for (const IdOrder order :
         {IdOrder::tbid, IdOrder::sequential, IdOrder::random, IdOrder::reversed}) {
        MixedStream::Options options = small(only(UnitKind::linked));
        options.workload.id_order = order;
        std::set<u128> ids;
        std::size_t events = 0;
        for (const MixedStream& stream : streams_of(options, 4)) {
            for (std::uint64_t number = 0; number < 3000; ++number) {
                for (const wire::Transfer& event : unit_of(stream, number).events) {
                    if (event.id == 0) continue;
                    ids.insert(event.id);
                    ++events;
                }
            }
        }
        CHECK(ids.size() == events);
    }
}

TEST_CASE("units come as often as the mix says") {
    const MixedStream stream(small({.shares = {500, 200, 150, 100, 50}}));
    std::array<int, unit_kind_count> counts{};
    constexpr int units = 100'000;
    for (int number = 0; number < units; ++number) {
        ++counts[static_cast<std::size_t>(stream.kind(static_cast<std::uint64_t>(number)))];
    }
    const std::array<int, unit_kind_count> shares{500, 200, 150, 100, 50};
    for (std::size_t kind = 0; kind < unit_kind_count; ++kind) {
        CHECK(counts[kind] > units / 1000 * shares[kind] * 95 / 100);
        CHECK(counts[kind] < units / 1000 * shares[kind] * 105 / 100);
    }
}

TEST_CASE("a chain has two to four members, and one chain in ten fails") {
    const MixedStream stream(small(only(UnitKind::linked)));
    std::map<std::size_t, int> lengths;
    int failed = 0;
    constexpr int units = 20'000;
    for (std::uint64_t number = 0; number < units; ++number) {
        const Unit unit = unit_of(stream, number);
        REQUIRE(unit.events.size() == stream.event_count(number));
        ++lengths[unit.events.size()];
        failed += unit.expected[0].status == CreateTransferStatus::created ? 0 : 1;
        for (const wire::Transfer& event : unit.events) {
            const bool last = &event == &unit.events.back();
            CHECK(((event.flags & wire::transfer_flags::linked) == 0) == last);
        }
    }
    CHECK(lengths.size() == 3);
    CHECK(lengths.begin()->first == 2);
    CHECK(failed > units * 9 / 100);
    CHECK(failed < units * 11 / 100);
}

TEST_CASE("a reservation is posted in whole, posted in part, or voided") {
    const MixedStream stream(small(only(UnitKind::two_phase)));
    int whole = 0;
    int part = 0;
    int voided = 0;
    for (std::uint64_t number = 0; number < 3000; ++number) {
        const Unit unit = unit_of(stream, number);
        REQUIRE(unit.events.size() == 2);
        CHECK(unit.events[0].flags == wire::transfer_flags::pending);
        CHECK(unit.events[0].timeout == 0);
        CHECK(unit.expected[0].pending == -unit.expected[1].pending);
        const bool post = unit.events[1].flags == wire::transfer_flags::post_pending_transfer;
        const bool all = unit.expected[1].posted == unit.events[0].amount;
        whole += post && all ? 1 : 0;
        part += post && !all ? 1 : 0;
        voided += unit.events[1].flags == wire::transfer_flags::void_pending_transfer ? 1 : 0;
    }
    CHECK(whole > 900);
    CHECK(part > 900);
    CHECK(voided > 900);
    CHECK(whole + part + voided == 3000);
}

TEST_CASE("plain units of one stream are the transfers of the workload") {
    const MixedStream::Options options = small({});
    const MixedStream stream(options);
    const Workload workload(options.workload);
    for (std::uint64_t number = 0; number < 1000; ++number) {
        CHECK(unit_of(stream, number).events.front() == workload.transfer(number));
    }
}

TEST_CASE("plain units choose accounts as the workload says") {
    MixedStream::Options options = small({});
    options.workload.account_count_hot = 3;
    const MixedStream stream(options);
    for (std::uint64_t number = 0; number < 1000; ++number) {
        const Unit unit = unit_of(stream, number);
        CHECK(unit.expected[0].debit < 3);
        CHECK(unit.expected[0].credit >= 3);
        CHECK(unit.events[0].debit_account_id ==
              stream.workload().account_id(unit.expected[0].debit));
        CHECK(unit.events[0].credit_account_id ==
              stream.workload().account_id(unit.expected[0].credit));
    }
}

TEST_CASE("queries ask for the transfers of an account of the workload") {
    const MixedStream stream(small(only(UnitKind::query)));
    CHECK(stream.event_count(0) == 1);
    std::set<u128> ids;
    for (std::uint64_t number = 0; number < 1000; ++number) {
        const wire::AccountFilter filter = stream.query(number, 17);
        CHECK(filter.limit == 17);
        ids.insert(filter.account_id);
    }
    for (std::uint64_t at = 0; at < 50; ++at) CHECK(ids.contains(stream.workload().account_id(at)));
    CHECK(ids.size() == 50);
}

TEST_CASE("the same options give the same units on every machine") {
    const MixedStream stream(small(mix_of_all));
    std::vector<wire::Transfer> events;
    for (std::uint64_t number = 0; number < 2000; ++number) {
        if (stream.kind(number) == UnitKind::query) continue;
        const Unit unit = unit_of(stream, number);
        events.insert(events.end(), unit.events.begin(), unit.events.end());
    }
    CHECK(wire::checksum(std::as_bytes(std::span(events))) ==
          make_u128(0xd14ec43c2dc4989a, 0x8f4782bc1760475));
}

TEST_CASE("a unit is the same without a place for what to expect") {
    const MixedStream stream(small(mix_of_all));
    for (std::uint64_t number = 0; number < 500; ++number) {
        if (stream.kind(number) == UnitKind::query) continue;
        std::array<wire::Transfer, MixedStream::unit_events_max> events{};
        const std::uint32_t count = stream.write(number, events, {});
        const Unit unit = unit_of(stream, number);
        REQUIRE(count == unit.events.size());
        CHECK(std::equal(unit.events.begin(), unit.events.end(), events.begin()));
    }
}
