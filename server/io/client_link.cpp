#include "server/io/client_link.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "server/client/retry.hpp"
#include "server/io/client.hpp"
#include "server/io/clock.hpp"

namespace elytra::io {
namespace {

struct ReadErrorText {
    std::string operator()(const ErrorCode& error) const {
        return error == asio::error::eof ? "closed by the server" : error.message();
    }

    std::string operator()(wire::DecodeError) const {
        return "the peer does not speak our protocol";
    }

    std::string operator()(BodyDamaged) const { return "received a damaged message"; }
};

}  // namespace

ClientLink::ClientLink(asio::io_context& loop, Client& client, const Target& target)
    : client_(client), target_(target), connector_(loop), reconnect_at_(client::never) {}

void ClientLink::connect() {
    reconnect_at_ = client::never;
    ++attempts_;
    connector_.connect(target_.address, [this](ErrorCode error, Socket socket) {
        on_connect(error, std::move(socket));
    });
}

void ClientLink::on_connect(ErrorCode error, Socket socket) {
    if (client_.closed()) return;
    if (error) return retry_later(error.message());
    connection_.emplace(std::move(socket), *this, link_queue_max);
    reader_.emplace(client_.messages(), wire::message_size_max);
    connection_->await_readable();
    client_.on_link_up(target_.index);
}

void ClientLink::send(const wire::MessageRef& message) {
    if (connection_) connection_->send(message);
}

void ClientLink::close() {
    reconnect_at_ = client::never;
    connection_.reset();
    reader_.reset();
}

// What a message causes may close us.
void ClientLink::on_readable(Connection&) {
    while (connection_) {
        const auto message = reader_->next(*connection_);
        if (!message.has_value()) return drop(std::visit(ReadErrorText{}, message.error()));
        if (!*message) return connection_->await_readable();
        attempts_ = 0;
        if (client_.on_message(target_.index, *message) == client::Verdict::close_connection) {
            return drop("the server belongs to another cluster");
        }
    }
}

void ClientLink::on_lost(Connection&, ErrorCode reason) { drop(reason.message()); }

void ClientLink::drop(std::string reason) {
    close();
    retry_later(std::move(reason));
    client_.on_link_down(target_.index);
}

void ClientLink::retry_later(std::string reason) {
    problem_ = std::move(reason);
    reconnect_at_ = Instant{monotonic_now().nanoseconds + client_.reconnect_delay(attempts_)};
    client_.arm_timer();
}

std::string ClientLink::describe() const {
    const std::string_view state = connection_ ? "connected" : "not connected";
    if (problem_.empty()) return fmt::format("{}: {}", to_text(target_.address), state);
    return fmt::format("{}: {} ({})", to_text(target_.address), state, problem_);
}

}  // namespace elytra::io
