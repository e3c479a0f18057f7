#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "server/common/prng.hpp"

namespace elytra::sim {

struct Packet {
    enum class Direction : std::uint8_t { to_replica, to_client };

    Direction direction{};
    std::size_t client = 0;        // index
    std::uint64_t connection = 0;  // that it travels on; it may outlive it
    std::vector<std::byte> bytes;
};

// Messages on their way: late, lost, twice, in another order, damaged. What it delays may arrive in
// a later life of the replica.
class Network {
public:
    struct Options {
        std::uint32_t delay_turns_max = 0;
        std::uint32_t loss_percent = 0;
        std::uint32_t duplicate_percent = 0;
        std::uint32_t corrupt_percent = 0;
    };

    Network(const Options& options, std::uint64_t seed) : options_(options), prng_(seed) {}

    void send(Packet packet, std::uint64_t turn);

    // What arrives in this turn.
    std::vector<Packet> receive(std::uint64_t turn);

    // Nothing goes wrong from now on.
    void calm() { options_ = {}; }

private:
    void schedule(Packet packet, std::uint64_t turn);

    Options options_;
    Prng prng_;
    std::uint64_t sent_ = 0;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Packet> packets_;  // by turn and order
};

}  // namespace elytra::sim
