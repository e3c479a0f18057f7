#include "server/wire/admission.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/decode.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

std::string to_text(std::optional<EvictionReason> reason) {
    if (!reason.has_value()) return "ok";
    switch (*reason) {
        case EvictionReason::no_session:
            return "evict:no_session";
        case EvictionReason::client_release_too_low:
            return "evict:client_release_too_low";
        case EvictionReason::client_release_too_high:
            return "evict:client_release_too_high";
        case EvictionReason::invalid_request_operation:
            return "evict:invalid_request_operation";
        case EvictionReason::invalid_request_body:
            return "evict:invalid_request_body";
        case EvictionReason::invalid_request_body_size:
            return "evict:invalid_request_body_size";
        case EvictionReason::session_too_low:
            return "evict:session_too_low";
        case EvictionReason::session_release_mismatch:
            return "evict:session_release_mismatch";
    }
    return "?";
}

// What a server of cluster 0 does with a complete message of an unknown client.
std::string reaction(const Message& message) {
    const std::span<const std::byte> header =
        std::as_bytes(std::span(&message.header<Header>(), 1));
    if (!decode_header(header, message_size_max).has_value()) return "close";
    if (!body_intact(message) || message.frame().cluster != 0) return "close";
    const AdmissionLimits limits;
    if (message.frame().command == static_cast<std::uint8_t>(Command::ping_client)) {
        const auto& ping = message.header<PingClientHeader>();
        return well_formed(ping) ? to_text(refuse_ping(ping, limits)) : "drop";
    }
    if (message.frame().command != static_cast<std::uint8_t>(Command::request)) return "drop";
    const auto& request = message.header<RequestHeader>();
    if (!well_formed(request)) return "drop";
    const auto refused = refuse_request(request, message.body(), limits);
    if (!refused.has_value() && request.timestamp != 0) return "drop";
    return to_text(refused);
}

RequestHeader request_header(std::uint8_t operation, std::uint32_t body_size) {
    RequestHeader header;
    header.frame.command = static_cast<std::uint8_t>(Command::request);
    header.frame.release = release_server.value;
    header.frame.size = header_size + body_size;
    header.client = 1;
    header.session = 2;
    header.request = 1;
    header.operation = operation;
    return header;
}

}  // namespace

TEST_CASE("a server reacts to every published message as it has to") {
    MessagePool pool(1, message_size_max);
    for (const auto& vector : test::wire_vectors()["refusals"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const MessageRef message = test::receive(pool, vector["hex"].get<std::string>());
        CHECK(reaction(*message) == vector["expect"].get<std::string>());
    }
}

TEST_CASE("reasons to evict a request come in a fixed order") {
    AdmissionLimits limits;
    limits.request_size_max = 4096;
    const std::vector<std::byte> body(4000, std::byte{1});
    const auto refuse = [&](const RequestHeader& header) {
        return refuse_request(header, std::span(body).first(header.frame.size - header_size),
                              limits);
    };
    RequestHeader header = request_header(200, 4000);
    header.frame.release = release_client_min.value - 1;
    CHECK(refuse(header) == EvictionReason::client_release_too_low);
    header.frame.release = release_server.value + 1;
    CHECK(refuse(header) == EvictionReason::client_release_too_high);
    header.frame.release = release_client_min.value;
    CHECK(refuse(header) == EvictionReason::invalid_request_body_size);
    header.frame.size = limits.request_size_max;
    CHECK(refuse(header) == EvictionReason::invalid_request_operation);
    header.operation = static_cast<std::uint8_t>(Operation::lookup_accounts);
    CHECK(refuse(header) == EvictionReason::invalid_request_body);
    header.operation = static_cast<std::uint8_t>(Operation::lookup_accounts_unbatched);
    CHECK(refuse(header) == std::nullopt);
}

TEST_CASE("a register with a body that is not zero is evicted for it") {
    RequestHeader header =
        request_header(static_cast<std::uint8_t>(Operation::register_session), 256);
    header.session = 0;
    header.request = 0;
    std::vector<std::byte> body(register_body_size);
    CHECK(refuse_request(header, body, {}) == std::nullopt);
    body[100] = std::byte{1};
    CHECK(refuse_request(header, body, {}) == EvictionReason::invalid_request_body);
}

TEST_CASE("operations that clients must not send are evicted where they are not dropped") {
    for (std::uint32_t raw = 0; raw < 256; ++raw) {
        CAPTURE(raw);
        RequestHeader header = request_header(static_cast<std::uint8_t>(raw), 0);
        if (!well_formed(header)) continue;
        const bool unknown = raw == 3 || raw == 128 || raw > 147;
        CHECK((refuse_request(header, {}, {}) == EvictionReason::invalid_request_operation) ==
              unknown);
    }
}

TEST_CASE("the release range of a ping includes both ends") {
    struct Row {
        Release release;
        std::optional<EvictionReason> refused;
    };

    const Row rows[] = {{make_release(0, 16, 3), EvictionReason::client_release_too_low},
                        {make_release(0, 16, 4), std::nullopt},
                        {make_release(0, 17, 9), std::nullopt},
                        {make_release(0, 17, 10), EvictionReason::client_release_too_high}};
    for (const Row& row : rows) {
        PingClientHeader header;
        header.frame.release = row.release.value;
        CHECK(refuse_ping(header, {}) == row.refused);
    }
}
