#include "tests/sim/network.hpp"

namespace elytra::sim {

void Network::send(Packet packet, std::uint64_t turn) {
    if (prng_.chance(options_.loss_percent, 100)) return;
    if (prng_.chance(options_.corrupt_percent, 100)) {
        packet.bytes[prng_.below(packet.bytes.size())] ^= std::byte{1};
    }
    if (prng_.chance(options_.duplicate_percent, 100)) schedule(packet, turn);
    schedule(std::move(packet), turn);
}

void Network::schedule(Packet packet, std::uint64_t turn) {
    // Mostly soon, sometimes as late as can be.
    std::uint64_t delay = prng_.below(options_.delay_turns_max + 1);
    if (!prng_.chance(1, 8)) delay = prng_.below(delay / 8 + 1);
    packets_.emplace(std::pair{turn + 1 + delay, ++sent_}, std::move(packet));
}

std::vector<Packet> Network::receive(std::uint64_t turn) {
    std::vector<Packet> arrived;
    while (!packets_.empty() && packets_.begin()->first.first <= turn) {
        arrived.push_back(std::move(packets_.begin()->second));
        packets_.erase(packets_.begin());
    }
    return arrived;
}

}  // namespace elytra::sim
