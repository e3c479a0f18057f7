#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/wire/operation.hpp"

namespace elytra::bench {

// What a loopback server does with requests.
class Executor {
public:
    struct Outcome {
        std::size_t size = 0;  // of the reply's body
        std::uint64_t timestamp = 0;
    };

    // Requires: wire::body_valid(), not a control operation, room for wire::body_size_max bytes.
    // The body is aligned to 16 bytes.
    virtual Outcome execute(wire::Operation operation, std::span<const std::byte> body,
                            std::span<std::byte> reply) = 0;

protected:
    ~Executor() = default;
};

}  // namespace elytra::bench
