#pragma once

#include <cstdint>

#include "bench/null/executor.hpp"

namespace elytra::bench {

// A ledger that keeps nothing: it says of every event that it was created, at increasing times, and
// finds nothing. What it costs is what any server has to do at least.
class NullLedger final : public Executor {
public:
    Outcome execute(wire::Operation operation, std::span<const std::byte> body,
                    std::span<std::byte> reply) override;

private:
    std::uint64_t timestamp_ = 0;
};

}  // namespace elytra::bench
