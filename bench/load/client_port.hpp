#pragma once

#include "bench/load/traffic_port.hpp"
#include "server/io/asio.hpp"
#include "server/io/client.hpp"

namespace elytra::bench {

// A session of our own.
class ClientPort final : public TrafficPort {
public:
    ClientPort(io::asio::io_context& loop, const io::ClientOptions& options)
        : client_(loop, options) {}

    void connect(OnReady on_ready) override;
    void submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) override;
    std::optional<std::string> failure() const override;

    wire::MessageRef acquire() override { return client_.acquire(); }

    void close() override { client_.close(); }

    bool idle() const override { return client_.idle(); }

    std::uint32_t events_max(wire::Operation operation) const override {
        return client_.events_max(operation);
    }

    std::string describe() const override { return client_.describe_links(); }

private:
    void on_reply(const Result<io::ClientReply, client::Failure>& reply);

    OnReply on_reply_;  // of the request in flight
    io::Client client_;
};

}  // namespace elytra::bench
