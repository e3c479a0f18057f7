#include "tests/sim/model.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "server/common/int.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {
namespace {

// What both sides of a comparison know of a session.
struct SessionDigest {
    u128 client = 0;
    u128 request_checksum = 0;
    std::uint64_t session = 0;
    std::uint64_t op = 0;
};

class Digest {
public:
    template <class T>
    void add(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        const auto bytes = std::as_bytes(std::span(&value, 1));
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

    u128 value() const { return wire::checksum(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

// However many transfers expire in a pulse, it takes as much time as a full batch of events (ledger
// spec, 8.3).
constexpr std::uint64_t pulse_timestamp_step = 8190;

std::uint32_t request_body_max(const Limits& limits) {
    return limits.request_size_max - wire::header_size;
}

}  // namespace

Model::Model(const Limits& limits)
    : limits_(limits), naive_(request_body_max(limits)), places_(limits.sessions_max) {}

void Model::execute(const LoggedOp& logged) {
    const wire::PrepareHeader& prepare = logged.header;
    require(prepare.op == op_.value + 1, "K1: ops are executed in order");
    require(prepare.timestamp > timestamp_, "R27: timestamps of ops increase");
    op_ = Op{prepare.op};
    timestamp_ = prepare.timestamp;
    std::vector<std::byte> body = reply_to(logged);
    if (prepare.client == 0) return;
    replies_[prepare.client] = {.prepare = prepare, .body = std::move(body)};
}

std::vector<std::byte> Model::reply_to(const LoggedOp& logged) {
    const auto operation = wire::to_operation(logged.header.operation);
    require(operation.has_value(), "K1: a logged operation is known");
    if (*operation == wire::Operation::register_session) {
        open_session(logged.header);
        std::vector<std::byte> body(wire::register_result_size);
        const std::uint32_t limit = request_body_max(limits_);
        std::memcpy(body.data(), &limit, sizeof(limit));
        return body;
    }
    if (logged.header.client != 0) continue_session(logged.header);
    if (*operation == wire::Operation::noop) return {};
    if (*operation == wire::Operation::pulse) {
        naive_.pulse(logged.header.timestamp);
        return {};
    }
    return reply_of_ledger(*operation, logged);
}

std::vector<std::byte> Model::reply_of_ledger(wire::Operation operation, const LoggedOp& logged) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    const std::uint64_t slot_first = logged.header.timestamp - timestamp_step(logged) + 1;
    const std::span<const std::byte> body = logged.body;
    if (traits.encoding == wire::Encoding::plain) {
        return naive_.execute(operation, {body.begin(), body.end()}, slot_first);
    }
    // The clients of the simulator send one batch only.
    const auto batch = *wire::MultiBatchDecoder::decode(body, traits.event_size)->next();
    const test::Bytes results = naive_.execute(operation, {batch.begin(), batch.end()}, slot_first);
    std::vector<std::byte> reply(results.size() + wire::trailer_size(traits.result_size, 1));
    wire::MultiBatchEncoder encoder(reply, traits.result_size);
    std::ranges::copy(results, encoder.room().begin());
    encoder.end_batch(results.size());
    reply.resize(encoder.finish());
    return reply;
}

void Model::open_session(const wire::PrepareHeader& prepare) {
    require(prepare.client != 0, "K13: a register has a client");
    require(!has_session(ClientId{prepare.client}), "R21: a register is executed once");
    auto place = std::ranges::find(places_, ClientId{}, &Place::client);
    if (place == places_.end()) place = std::ranges::min_element(places_, {}, &Place::last_op);
    *place = {.client = ClientId{prepare.client},
              .session = prepare.op,
              .last_op = Op{prepare.op},
              .last_request = 0,
              .last_request_checksum = prepare.request_checksum};
}

// A request that was accepted before its client was pushed out is executed all the same.
void Model::continue_session(const wire::PrepareHeader& prepare) {
    const auto last = replies_.find(prepare.client);
    require(last != replies_.end(), "R22: no request before the register");
    require(prepare.request == last->second.prepare.request + 1,
            "R21, R22: requests of a session are executed once and in order");
    const auto place = std::ranges::find(places_, ClientId{prepare.client}, &Place::client);
    if (place == places_.end()) return;
    require(place->session == prepare.session, "R22: a request names its session");
    place->last_op = Op{prepare.op};
    place->last_request = prepare.request;
    place->last_request_checksum = prepare.request_checksum;
}

const ExpectedReply* Model::last_reply(ClientId client) const {
    const auto found = replies_.find(client.value);
    return found == replies_.end() ? nullptr : &found->second;
}

bool Model::has_session(ClientId client) const {
    return std::ranges::find(places_, client, &Place::client) != places_.end();
}

u128 Model::digest() const {
    Digest digest;
    for (const Place& place : places_) {
        digest.add(SessionDigest{.client = place.client.value,
                                 .request_checksum = place.last_request_checksum,
                                 .session = place.session,
                                 .op = place.last_op.value});
    }
    return digest.value();
}

std::uint64_t Model::timestamp_step(const LoggedOp& logged) const {
    const auto operation = wire::to_operation(logged.header.operation);
    require(operation.has_value(), "K1: a logged operation is known");
    if (*operation == wire::Operation::pulse) return pulse_timestamp_step;
    return wire::events_to_create(*operation, logged.body);
}

u128 digest_of(const vsr::Sessions& sessions) {
    Digest digest;
    for (const vsr::Session& session : sessions.places()) {
        SessionDigest row;
        if (session.client != ClientId{}) {
            row = {.client = session.client.value,
                   .request_checksum = session.last().request_checksum,
                   .session = session.session,
                   .op = session.last().op};
        }
        digest.add(row);
    }
    return digest.value();
}

void check_money(const vsr::Replica& replica) {
    const engine::AccountTable& accounts = replica.state_machine().store().accounts();
    std::map<std::uint32_t, std::array<u128, 4>> sums;
    for (std::uint32_t row = 0; row < accounts.count(); ++row) {
        const wire::Account& account = accounts.account(ledger::AccountRow{row});
        auto& sum = sums[account.ledger];
        sum[0] += account.debits_pending;
        sum[1] += account.credits_pending;
        sum[2] += account.debits_posted;
        sum[3] += account.credits_posted;
    }
    for (const auto& [ledger, sum] : sums) {
        require(sum[0] == sum[1], "S32: pending debits and credits of a ledger are equal");
        require(sum[2] == sum[3], "S32: posted debits and credits of a ledger are equal");
    }
}

}  // namespace elytra::sim
