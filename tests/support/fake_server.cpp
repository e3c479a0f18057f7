#include "tests/support/fake_server.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/release.hpp"
#include "server/wire/status.hpp"

namespace elytra::test {

namespace {

constexpr std::size_t queue_max = 4;

template <class T>
T element(std::span<const std::byte> bytes, std::size_t index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

template <class T>
void append(std::vector<std::byte>& bytes, const T& value) {
    const auto added = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), added.begin(), added.end());
}

template <class T>
std::vector<std::byte> found(const std::map<u128, T>& objects, std::span<const std::byte> ids) {
    std::vector<std::byte> results;
    for (std::size_t index = 0; index < ids.size() / sizeof(u128); ++index) {
        const auto at = objects.find(element<u128>(ids, index));
        if (at != objects.end()) append(results, at->second);
    }
    return results;
}

// The statuses "created" and "exists" of accounts or transfers.
struct Outcomes {
    std::uint32_t created;
    std::uint32_t exists;
};

constexpr Outcomes account_outcomes{static_cast<std::uint32_t>(wire::CreateAccountStatus::created),
                                    static_cast<std::uint32_t>(wire::CreateAccountStatus::exists)};
constexpr Outcomes transfer_outcomes{
    static_cast<std::uint32_t>(wire::CreateTransferStatus::created),
    static_cast<std::uint32_t>(wire::CreateTransferStatus::exists)};

template <class T>
std::vector<std::byte> created(std::map<u128, T>& objects, std::span<const std::byte> events,
                               const Outcomes& outcomes) {
    std::vector<std::byte> results;
    for (std::size_t index = 0; index < events.size() / sizeof(T); ++index) {
        T object = element<T>(events, index);
        object.timestamp = objects.size() + 1;
        const bool added = objects.emplace(object.id, object).second;
        append(results, wire::CreateResult{.timestamp = object.timestamp,
                                           .status = added ? outcomes.created : outcomes.exists});
    }
    return results;
}

}  // namespace

class FakeServer::Peer final : public io::ConnectionOwner {
public:
    Peer(FakeServer& server, io::Socket socket)
        : server_(server),
          connection_(std::move(socket), *this, queue_max),
          reader_(server.pool_, wire::message_size_max) {
        connection_.await_readable();
    }

    void on_readable(io::Connection& connection) override {
        while (connection.is_open()) {
            const auto message = reader_.next(connection);
            if (!message.has_value()) return connection.close();
            if (!*message) return connection.await_readable();
            server_.receive(*this, *message);
        }
    }

    void on_lost(io::Connection&, io::ErrorCode) override {}

    io::Connection& connection() { return connection_; }

private:
    FakeServer& server_;
    io::Connection connection_;
    io::MessageReader reader_;
};

FakeServer::FakeServer(io::asio::io_context& loop)
    : pool_(64, wire::message_size_max), listener_(loop) {
    const auto opened = listener_.open(io::loopback(0));
    ELYTRA_ASSERT(opened.has_value());
    listener_.start([this](io::Socket socket) {
        peers_.push_back(std::make_unique<Peer>(*this, std::move(socket)));
    });
}

FakeServer::~FakeServer() { listener_.close(); }

void FakeServer::receive(Peer& peer, const wire::MessageRef& request) {
    if (request->frame().command != static_cast<std::uint8_t>(wire::Command::request)) return;
    ++requests_received;
    const auto& asked = request->header<wire::RequestHeader>();
    const auto operation = static_cast<wire::Operation>(asked.operation);
    switch (mishap ? mishap(operation) : Mishap::none) {
        case Mishap::none:
            return answer(peer, *request);
        case Mishap::ignore:
            return;
        case Mishap::close:
            return peer.connection().close();
        case Mishap::evict:
            return evict(peer, asked);
        case Mishap::hold:
            // A repetition is the same request again.
            for (const Held& held : held_) {
                if (held.request->frame().checksum == asked.frame.checksum) return;
            }
            return held_.push_back({&peer, request});
    }
}

void FakeServer::release() {
    for (const Held& held : std::exchange(held_, {})) answer(*held.peer, *held.request);
}

void FakeServer::answer(Peer& peer, const wire::Message& request) {
    const auto& asked = request.header<wire::RequestHeader>();
    const auto operation = static_cast<wire::Operation>(asked.operation);
    wire::MessageRef message = pool_.acquire();
    const std::vector<std::byte> body = execute(operation, request.body());
    if (!body.empty()) std::memcpy(message->body_capacity().data(), body.data(), body.size());
    wire::ReplyHeader& reply = message->header<wire::ReplyHeader>();
    reply = wire::ReplyHeader{};
    reply.frame.cluster = asked.frame.cluster;
    reply.frame.size = wire::header_size + narrow<std::uint32_t>(body.size());
    reply.frame.release = asked.frame.release;
    reply.frame.command = static_cast<std::uint8_t>(wire::Command::reply);
    reply.request_checksum = asked.frame.checksum;
    reply.client = asked.client;
    reply.op = reply.commit = ++op_;
    reply.timestamp = op_;
    reply.request = asked.request;
    reply.operation = asked.operation;
    wire::seal_reply(reply, message->body());
    peer.connection().send(std::move(message));
}

void FakeServer::evict(Peer& peer, const wire::RequestHeader& asked) {
    wire::MessageRef message = pool_.acquire();
    wire::EvictionHeader& eviction = message->header<wire::EvictionHeader>();
    eviction = wire::EvictionHeader{};
    eviction.frame.cluster = asked.frame.cluster;
    eviction.frame.release = wire::release_server.value;
    eviction.frame.command = static_cast<std::uint8_t>(wire::Command::eviction);
    eviction.client = asked.client;
    eviction.reason = static_cast<std::uint8_t>(wire::EvictionReason::no_session);
    wire::seal(eviction, {});
    peer.connection().send(std::move(message));
}

std::vector<std::byte> FakeServer::execute(wire::Operation operation,
                                           std::span<const std::byte> body) {
    if (operation == wire::Operation::register_session) {
        std::array<std::uint32_t, wire::register_result_size / 4> result{batch_size_limit};
        std::vector<std::byte> bytes;
        append(bytes, result);
        return bytes;
    }
    const wire::OperationTraits& traits = wire::traits_of(operation);
    auto batches = wire::MultiBatchDecoder::decode(body, traits.event_size);
    ELYTRA_ASSERT(batches.has_value());
    wire::MultiBatchEncoder encoder(reply_space_, traits.result_size);
    while (const auto batch = batches->next()) {
        const std::vector<std::byte> results = results_of(operation, *batch);
        if (!results.empty()) std::memcpy(encoder.room().data(), results.data(), results.size());
        encoder.end_batch(results.size());
    }
    const std::span<const std::byte> reply = std::span(reply_space_).first(encoder.finish());
    return {reply.begin(), reply.end()};
}

std::vector<std::byte> FakeServer::results_of(wire::Operation operation,
                                              std::span<const std::byte> events) {
    if (operation == wire::Operation::lookup_accounts) return found(accounts, events);
    if (operation == wire::Operation::lookup_transfers) return found(transfers, events);
    if (operation == wire::Operation::create_accounts) {
        return created(accounts, events, account_outcomes);
    }
    if (operation != wire::Operation::create_transfers) return {};
    const std::vector<std::byte> results = created(transfers, events, transfer_outcomes);
    for (std::size_t index = 0; index < events.size() / sizeof(wire::Transfer); ++index) {
        if (element<wire::CreateResult>(results, index).status == transfer_outcomes.created) {
            apply(element<wire::Transfer>(events, index));
        }
    }
    return results;
}

void FakeServer::apply(const wire::Transfer& transfer) {
    wire::Account& debit = accounts[transfer.debit_account_id];
    wire::Account& credit = accounts[transfer.credit_account_id];
    const bool pending = (transfer.flags & wire::transfer_flags::pending) != 0;
    (pending ? debit.debits_pending : debit.debits_posted) += transfer.amount;
    (pending ? credit.credits_pending : credit.credits_posted) += transfer.amount;
}

}  // namespace elytra::test
