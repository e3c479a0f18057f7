#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/client/session.hpp"
#include "server/common/prng.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/wire/message.hpp"
#include "tests/sim/workload.hpp"

namespace elytra::sim {

// A client machine: the real session, fed with a workload. It comes back under another id when it
// is evicted.
class SimClient {
public:
    struct Options {
        ClusterId cluster;
        std::uint64_t seed = 0;
        std::uint32_t think_percent = 0;
    };

    explicit SimClient(const Options& options);

    ClientId id() const { return id_; }

    bool connected() const { return connected_; }

    void connect(Instant now);
    void disconnect();

    // Lets time pass. `workload`: where an idle client finds its next request; none, and it stays
    // idle.
    void tick(Instant now, Workload* workload);

    // A message as it came from the network. Fails the run if it is no answer to what was asked.
    void receive(std::span<const std::byte> bytes, Instant now);

    // What it has sent since the last call.
    std::vector<std::vector<std::byte>> take_sent();

    bool idle() const { return session_->idle(); }

    std::uint64_t answered() const { return answered_; }

    std::uint64_t evicted() const { return evicted_; }

    // The highest op that a reply has shown to it.
    Op op_seen() const { return op_seen_; }

private:
    void start_session();
    void submit(Workload& workload, Instant now);
    void take_effects(Instant now);
    void on_failed(const client::Failure& failure, Instant now);

    Options options_;
    Prng prng_;
    wire::MessagePool pool_;
    std::optional<client::Session> session_;
    ClientId id_;
    bool connected_ = false;
    Op op_seen_;
    std::uint64_t answered_ = 0;
    std::uint64_t evicted_ = 0;
    std::vector<std::vector<std::byte>> sent_;
};

}  // namespace elytra::sim
