#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "server/common/limits.hpp"
#include "server/common/strong.hpp"
#include "server/storage/manifest.hpp"
#include "tests/sim/model.hpp"
#include "tests/support/state_machine_world.hpp"

namespace elytra::sim {

// The same ops on an engine that never crashes and whose background takes no time: what every
// checkpoint of the replica has to hold, byte for byte, wherever its chunks lie in the file (S13,
// S14, S16, S20). Sessions are not part of it, because stored replies tell views.
class Reference {
public:
    explicit Reference(const Limits& limits);

    // Ops in order. They are executed when a checkpoint needs them.
    void add(const LoggedOp& logged) { ops_.push_back(logged); }

    // A durable checkpoint of the replica, as soon as it is seen. Requires: all ops up to it.
    void check(const storage::Manifest& checkpoint);

    // Whether a checkpoint of this op was checked.
    bool has(Op op) const { return digests_.contains(op.value); }

private:
    void execute(const LoggedOp& logged);

    test::StateMachineWorld engine_;
    std::deque<LoggedOp> ops_;  // not executed yet
    Op op_;
    std::map<std::uint64_t, u128> digests_;  // of checkpoints, by op
};

}  // namespace elytra::sim
