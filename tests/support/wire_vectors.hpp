#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/wire/message.hpp"

namespace elytra::test {

// tests/data/wire/wire_vectors.json: facts about the protocol, all bytes as hexadecimal strings.
const nlohmann::json& wire_vectors();

std::vector<std::byte> from_hex(std::string_view hex);

// One message as it would have been received.
wire::MessageRef receive(wire::MessagePool& pool, std::string_view hex);

}  // namespace elytra::test
