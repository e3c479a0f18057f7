#include "tests/support/wire_vectors.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "server/common/assert.hpp"

namespace elytra::test {

const nlohmann::json& wire_vectors() {
    static const nlohmann::json vectors =
        nlohmann::json::parse(std::ifstream(ELYTRA_TEST_DATA "/wire/wire_vectors.json"));
    return vectors;
}

std::vector<std::byte> from_hex(std::string_view hex) {
    ELYTRA_ASSERT(hex.size() % 2 == 0);
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        unsigned value = 0;
        const char* digits = hex.data() + i;
        const auto [stop, error] = std::from_chars(digits, digits + 2, value, 16);
        ELYTRA_ASSERT(error == std::errc{} && stop == digits + 2);
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

wire::MessageRef receive(wire::MessagePool& pool, std::string_view hex) {
    wire::MessageRef message = pool.acquire();
    std::ranges::copy(from_hex(hex), message->receive_capacity().begin());
    return message;
}

}  // namespace elytra::test
