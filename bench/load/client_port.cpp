#include "bench/load/client_port.hpp"

#include <utility>

namespace elytra::bench {

void ClientPort::connect(OnReady on_ready) {
    client_.connect([on_ready = std::move(on_ready)](const auto& registered) {
        if (registered.has_value()) return on_ready({});
        on_ready(Unexpected(io::to_text(registered.error())));
    });
}

void ClientPort::submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) {
    on_reply_ = std::move(on_reply);
    client_.submit(operation, std::move(request),
                   [this](const auto& reply) { this->on_reply(reply); });
}

void ClientPort::on_reply(const Result<io::ClientReply, client::Failure>& reply) {
    const OnReply report = std::exchange(on_reply_, nullptr);
    if (reply.has_value()) return report(reply->results());
    report(Unexpected(io::to_text(reply.error())));
}

std::optional<std::string> ClientPort::failure() const {
    if (!client_.failure()) return std::nullopt;
    return io::to_text(*client_.failure());
}

}  // namespace elytra::bench
