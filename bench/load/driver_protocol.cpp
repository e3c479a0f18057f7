#include "bench/load/driver_protocol.hpp"

#include <bit>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "server/wire/body.hpp"

namespace elytra::bench {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class T>
DriverHead bytes_of(const T& value) {
    DriverHead head;
    std::memcpy(head.data(), &value, sizeof value);
    return head;
}

template <class T>
T value_of(const DriverHead& head) {
    T value;
    std::memcpy(&value, head.data(), sizeof value);
    return value;
}

std::string spelled(const DriverHead& head) {
    std::string text;
    for (const std::byte byte : head) text.push_back(static_cast<char>(byte));
    return fmt::format("{:?}", text);
}

}  // namespace

DriverHead encode(const DriverHello& hello) { return bytes_of(hello); }

DriverHead encode(const DriverRequest& request) { return bytes_of(request); }

DriverHead encode(const DriverAnswer& answer) { return bytes_of(answer); }

Result<DriverHello, std::string> decode_hello(const DriverHead& head) {
    const auto hello = value_of<DriverHello>(head);
    if (hello.magic != driver_magic) {
        return Unexpected(
            fmt::format("it said {} instead of a hello, which begins with ELYD; what is meant for "
                        "people belongs on its standard error",
                        spelled(head)));
    }
    if (hello.version != driver_version) {
        return Unexpected(
            fmt::format("its hello has version {}, must be {}", hello.version, driver_version));
    }
    if (hello.events_max == 0) {
        return Unexpected(std::string("its hello allows requests of 0 events, must be 1 or more"));
    }
    if (hello.reserved != 0) {
        return Unexpected(fmt::format("its hello ends with {}, must be 0", hello.reserved));
    }
    return hello;
}

Result<DriverRequest, std::string> decode_request(const DriverHead& head) {
    const auto request = value_of<DriverRequest>(head);
    const std::optional<wire::Operation> operation =
        request.operation > 0xff ? std::nullopt
                                 : wire::to_operation(static_cast<std::uint8_t>(request.operation));
    if (!operation || wire::traits_of(*operation).kind == wire::OperationKind::control) {
        return Unexpected(fmt::format("request {} has the operation {}, which no client sends",
                                      request.number, request.operation));
    }
    const wire::OperationTraits& traits = wire::traits_of(*operation);
    const std::uint64_t events_max = wire::events_max(*operation, wire::body_size_max);
    const bool whole = request.size % traits.event_size == 0;
    const std::uint64_t events = request.size / traits.event_size;
    const std::uint64_t events_min = traits.kind == wire::OperationKind::filter ? 1 : 0;
    if (!whole || events < events_min || events > events_max) {
        return Unexpected(
            fmt::format("request {} ({}) has {} bytes, must be at most {} events of "
                        "{} bytes",
                        request.number, traits.name, request.size, events_max, traits.event_size));
    }
    return request;
}

Result<DriverAnswer, std::string> decode_answer(const DriverHead& head,
                                                const DriverRequest& request,
                                                std::uint64_t results_max) {
    const auto answer = value_of<DriverAnswer>(head);
    const wire::OperationTraits& traits =
        wire::traits_of(static_cast<wire::Operation>(request.operation));
    if (answer.number != request.number) {
        return Unexpected(fmt::format("it answered request {} while request {} ({}) was in flight",
                                      answer.number, request.number, traits.name));
    }
    if (answer.reserved != 0) {
        return Unexpected(fmt::format("its answer to request {} ({}) has {} where 0 must be",
                                      request.number, traits.name, answer.reserved));
    }
    if (answer.size % traits.result_size != 0) {
        return Unexpected(
            fmt::format("its answer to request {} ({}) has {} bytes, which are no whole results of "
                        "{} bytes",
                        request.number, traits.name, answer.size, traits.result_size));
    }
    if (answer.size / traits.result_size > results_max) {
        return Unexpected(fmt::format(
            "its answer to request {} ({}) has {} results, at most {} "
            "were asked for",
            request.number, traits.name, answer.size / traits.result_size, results_max));
    }
    return answer;
}

}  // namespace elytra::bench
