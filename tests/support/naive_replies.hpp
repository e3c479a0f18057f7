#pragma once

#include <cstdint>
#include <vector>

#include "server/wire/operation.hpp"
#include "tests/support/ledger_driver.hpp"
#include "tests/support/naive_ledger.hpp"

namespace elytra::test {

// A naive ledger behind the bodies of requests and replies.
class NaiveReplies {
public:
    explicit NaiveReplies(std::uint32_t request_body_max) : request_body_max_(request_body_max) {}

    // Executes one batch; its first event has the timestamp `slot_first`. The results as the reply
    // to this operation has them. Requires: an operation with events.
    Bytes execute(wire::Operation operation, const Bytes& batch, std::uint64_t slot_first);

    void pulse(std::uint64_t timestamp);

    // Of the last creating batch, one for each event.
    const NaiveLedger::Results& results() const { return results_; }

    const NaiveLedger& ledger() const { return ledger_; }

private:
    Bytes results_as(wire::Operation operation) const;
    Bytes query(wire::Operation operation, const Bytes& batch) const;

    std::uint32_t request_body_max_;
    NaiveLedger ledger_;
    NaiveLedger::Results results_;
};

}  // namespace elytra::test
