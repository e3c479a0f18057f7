#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/null/executor.hpp"
#include "server/common/int.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"
#include "tests/integration/fake_faults.hpp"
#include "tests/support/state_machine_world.hpp"

namespace elytra::test {

// The real state machine in memory, between somebody who lies about transfers, and who ends the
// process or costs time where the faults say so.
class FakeLedger final : public bench::Executor {
public:
    explicit FakeLedger(const Faults& faults);

    Outcome execute(wire::Operation operation, std::span<const std::byte> body,
                    std::span<std::byte> reply) override;

private:
    Outcome execute_at_once(wire::Operation operation, std::span<const std::byte> body,
                            std::span<std::byte> reply);
    void run_pulses();
    std::uint64_t timestamp_of(wire::Operation operation, std::span<const std::byte> body) const;
    void cut_when_due();

    void end_where_asked(wire::Operation operation);
    void change_events(std::span<std::byte> body);
    void repeat_doubled();
    void change_results(std::span<std::byte> results);
    void waste_time();

    Faults faults_;
    StateMachineWorld engine_;
    std::vector<std::byte> body_;  // of the request, changed
    std::vector<std::byte> scratch_;
    std::vector<wire::Transfer> doubled_;  // to be made once more
    std::uint64_t requests_ = 0;
    std::uint64_t events_ = 0;           // of create_transfers that could be lost or doubled
    std::uint64_t results_ = 0;          // of create_transfers
    std::uint64_t cpu_nanoseconds_ = 0;  // used by the process when the last request was done
};

}  // namespace elytra::test
