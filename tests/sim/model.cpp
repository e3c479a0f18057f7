#include "tests/sim/model.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "server/common/int.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
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

    void add_tables(const engine::StateMachine& state_machine) {
        for (const engine::Table* table : state_machine.tables()) {
            add(table->row_count());
            for (std::size_t chunk = 0; chunk < table->chunk_count(); ++chunk) {
                add(wire::checksum(table->chunk(chunk)));
            }
        }
    }

    u128 value() const { return wire::checksum(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

std::uint32_t request_body_max(const Limits& limits) {
    return limits.request_size_max - wire::header_size;
}

}  // namespace

Model::Model(const Limits& limits)
    : limits_(limits),
      state_machine_({.limits = limits, .request_body_max = request_body_max(limits)}),
      naive_(request_body_max(limits)),
      places_(limits.sessions_max),
      reply_(wire::body_size_max) {}

void Model::execute(const LoggedOp& logged) {
    const wire::PrepareHeader& prepare = logged.header;
    require(prepare.op == op_.value + 1, "K1: ops are executed in order");
    require(prepare.timestamp > timestamp_, "R27: timestamps of ops increase");
    const auto operation = wire::to_operation(prepare.operation);
    require(operation.has_value(), "K1: a logged operation is known");
    op_ = Op{prepare.op};
    timestamp_ = prepare.timestamp;
    const std::span<std::byte> room = reply_.bytes().first(wire::body_size_max);
    std::size_t size = 0;
    if (*operation == wire::Operation::register_session) {
        open_session(prepare);
        size = wire::register_result_size;
        std::ranges::fill(room.first(size), std::byte{});
        const std::uint32_t limit = request_body_max(limits_);
        std::memcpy(room.data(), &limit, sizeof(limit));
    } else {
        if (prepare.client != 0) continue_session(prepare);
        if (*operation != wire::Operation::noop) {
            size = state_machine_.execute(*operation, prepare.timestamp, logged.body, room);
            check_reply(*operation, logged, room.first(size));
        }
    }
    if (prepare.client == 0) return;
    replies_[prepare.client] = {.prepare = prepare,
                                .body = {room.begin(), room.begin() + std::ptrdiff_t(size)}};
}

void Model::check_reply(wire::Operation operation, const LoggedOp& logged,
                        std::span<const std::byte> reply) {
    if (operation == wire::Operation::pulse) return naive_.pulse(logged.header.timestamp);
    const wire::OperationTraits& traits = wire::traits_of(operation);
    const std::uint32_t events = wire::events_to_create(operation, logged.body);
    std::span<const std::byte> batch = logged.body;
    std::span<const std::byte> results = reply;
    if (traits.encoding == wire::Encoding::multi_batch) {
        // The clients of the simulator send one batch only.
        batch = *wire::MultiBatchDecoder::decode(batch, traits.event_size)->next();
        results = *wire::MultiBatchDecoder::decode(results, traits.result_size)->next();
    }
    const std::uint64_t slot_first = logged.header.timestamp - events + 1;
    const test::Bytes expected =
        naive_.execute(operation, {batch.begin(), batch.end()}, slot_first);
    require(std::ranges::equal(results, expected), "K3: a reply differs from the naive ledger's");
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
    digest.add_tables(state_machine_);
    for (const Place& place : places_) {
        digest.add(SessionDigest{.client = place.client.value,
                                 .request_checksum = place.last_request_checksum,
                                 .session = place.session,
                                 .op = place.last_op.value});
    }
    return digest.value();
}

void Model::check_money() const {
    std::map<std::uint32_t, std::array<u128, 4>> sums;
    for (const engine::Table* table : state_machine_.tables()) {
        if (table->id() != engine::TableId::accounts) continue;
        for (std::uint32_t row = 0; row < table->row_count(); ++row) {
            const auto& account = table->row<wire::Account>(row);
            auto& sum = sums[account.ledger];
            sum[0] += account.debits_pending;
            sum[1] += account.credits_pending;
            sum[2] += account.debits_posted;
            sum[3] += account.credits_posted;
        }
    }
    for (const auto& [ledger, sum] : sums) {
        require(sum[0] == sum[1], "S32: pending debits and credits of a ledger are equal");
        require(sum[2] == sum[3], "S32: posted debits and credits of a ledger are equal");
    }
}

std::uint64_t Model::timestamp_step(const LoggedOp& logged) const {
    const auto operation = wire::to_operation(logged.header.operation);
    require(operation.has_value(), "K1: a logged operation is known");
    return state_machine_.timestamp_step(*operation, logged.body);
}

u128 digest_of(const vsr::Replica& replica) {
    Digest digest;
    digest.add_tables(replica.state_machine());
    for (const vsr::Session& session : replica.sessions().places()) {
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

}  // namespace elytra::sim
