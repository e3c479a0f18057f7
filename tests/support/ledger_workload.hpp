#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/common/prng.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/ledger_driver.hpp"
#include "tests/support/naive_ledger.hpp"

namespace elytra::test {

// One thing that happens to a ledger: time passes, perhaps a restart, then a request.
struct Step {
    std::uint64_t wait = 0;  // nanoseconds
    bool restart = false;
    wire::Operation operation{};
    std::vector<Bytes> batches;
};

std::string to_text(const Step& step);

// Draws requests in which everything that can collide does: few ids and fields, edge amounts,
// chains, retries with one field changed, timeouts about to end, imported timestamps near the
// marks.
class LedgerWorkload {
public:
    explicit LedgerWorkload(std::uint64_t seed) : prng_(seed) {}

    // `now` is the last timestamp issued.
    Step next(const NaiveLedger& ledger, std::uint64_t now);

private:
    std::uint64_t wait(const NaiveLedger& ledger, std::uint64_t now);
    template <class Event, class Make>
    Bytes create_batch(std::uint64_t now, std::uint16_t imported, const Make& make);
    wire::Account account(const NaiveLedger& ledger);
    wire::Transfer transfer(const NaiveLedger& ledger);
    wire::Transfer movement();
    wire::Transfer resolution(const NaiveLedger& ledger);
    void mutate(wire::Transfer& event);
    wire::AccountFilter account_filter(const NaiveLedger& ledger);
    wire::QueryFilter query_filter(const NaiveLedger& ledger);
    wire::ChangeEventsFilter change_events_filter(const NaiveLedger& ledger);
    template <class Filter>
    void fill_window(const NaiveLedger& ledger, Filter& filter);
    std::uint64_t some_timestamp(const NaiveLedger& ledger);

    bool chance(std::uint64_t percent) { return prng_.chance(percent, 100); }

    template <class T>
    T pick(std::initializer_list<T> values) {
        return values.begin()[prng_.below(values.size())];
    }

    u128 account_id() { return chance(2) ? pick<u128>({0, u128_max, 77}) : 1 + prng_.below(7); }

    u128 transfer_id() { return chance(1) ? pick<u128>({0, u128_max}) : 1 + prng_.below(400); }

    u128 amount();

    std::uint16_t low(std::uint64_t bound) {
        return static_cast<std::uint16_t>(prng_.below(bound));
    }

    Prng prng_;
};

}  // namespace elytra::test
