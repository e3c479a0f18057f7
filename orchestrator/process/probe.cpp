#include "orchestrator/process/probe.hpp"

#include <array>
#include <span>
#include <utility>

#include "server/common/int.hpp"
#include "server/wire/operation.hpp"

namespace elytractl::process {
namespace {

using elytra::u128;

constexpr std::array<u128, 1> ids_looked_up{1};  // it need not exist

}  // namespace

Probe::Probe(elytra::io::asio::io_context& loop, const ProbeTarget& target, ProbeEvents events)
    : client_(
          loop,
          {.addresses = target.addresses, .cluster = target.cluster, .release = target.release}),
      events_(std::move(events)) {}

void Probe::start() {
    client_.connect([this](const auto& registered) {
        if (registered.has_value()) return look_up();
        events_.on_refused(elytra::io::to_text(registered.error()));
    });
}

void Probe::look_up() {
    client_.submit(elytra::wire::Operation::lookup_accounts,
                   std::as_bytes(std::span(ids_looked_up)), [this](const auto& reply) {
                       if (reply.has_value()) return events_.on_served();
                       events_.on_refused(elytra::io::to_text(reply.error()));
                   });
}

}  // namespace elytractl::process
