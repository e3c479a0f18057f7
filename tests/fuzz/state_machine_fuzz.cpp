#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/bytes.hpp"
#include "tests/support/ledger_driver.hpp"

using namespace elytra;
using namespace elytra::test;

namespace {

constexpr LedgerDriver::Options options{
    .wall = 1'000'000'000, .request_body_max = 64 * 1024, .limits = limits_tiny()};

// A request as the input has it: operation, how the body is made, its size, its bytes.
struct Request {
    std::uint8_t operation = 0;
    std::uint8_t framing = 0;
    std::span<const std::byte> bytes;
};

std::optional<Request> take_request(std::span<const std::byte>& input) {
    constexpr std::size_t head = 4;
    if (input.size() < head) return std::nullopt;
    Request request{.operation = static_cast<std::uint8_t>(input[0]),
                    .framing = static_cast<std::uint8_t>(input[1])};
    const std::size_t size =
        std::min<std::size_t>(wire::load<std::uint16_t>(input, 2), input.size() - head);
    request.bytes = input.subspan(head, size);
    input = input.subspan(head + size);
    return request;
}

// Most bodies get a right trailer, because chance alone hardly ever makes one.
Bytes body_of(wire::Operation operation, const Request& request) {
    Bytes bytes(request.bytes.begin(), request.bytes.end());
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (request.framing % 8 == 0 || traits.event_size == 0) return bytes;
    bytes.resize(round_up<std::size_t>(bytes.size(), traits.event_size));
    return request_body(operation, {bytes});
}

}  // namespace

// Any bytes as any operation are refused or executed, and what is left can be restored.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    LedgerDriver driver(options);
    while (const std::optional<Request> request = take_request(input)) {
        const std::optional<wire::Operation> operation = wire::to_operation(request->operation);
        if (!operation.has_value()) continue;
        const Bytes body = body_of(*operation, *request);
        if (!wire::body_valid(*operation, body, options.request_body_max)) continue;
        driver.advance(std::uint64_t{request->framing} << 24);
        driver.execute(*operation, body);
    }
    ELYTRA_ASSERT(driver.restart());
    return 0;
}
