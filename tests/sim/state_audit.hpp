#pragma once

#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/naive_replies.hpp"
#include "tests/support/replica_driver.hpp"

namespace elytra::sim {

// A request that changes nothing, and its right answer.
struct Question {
    wire::Operation operation{};
    test::Bytes body;
    test::Bytes answer;
};

// Everything that a ledger can be asked for: all accounts, transfers and events slice by slice, all
// by their ids, all movements and balances of each account, and some indexes.
std::vector<Question> questions_about(test::NaiveReplies& naive);

// Asks them as a client. Fails the run on a wrong answer. Ends early when a reservation expires
// meanwhile, because then the answers change. Requires: a normal replica that nobody else uses.
void check_answers(test::ReplicaDriver& driver, test::ReplicaPools& pools,
                   std::span<const Question> questions);

// Opens a copy of the disk, which has to succeed, and asks the replica there.
void check_copy(const test::MemoryDisk& disk, test::ReplicaPools& pools, const Limits& limits,
                std::span<const Question> questions);

}  // namespace elytra::sim
