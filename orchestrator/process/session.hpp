#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "orchestrator/process/measurement_plan.hpp"
#include "orchestrator/process/ownership.hpp"
#include "orchestrator/run/event.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/runner.hpp"
#include "server/common/result.hpp"
#include "server/common/time.hpp"
#include "server/io/asio.hpp"
#include "server/io/signals.hpp"

namespace elytractl::process {

// Why a measurement was not even begun; nothing has been created.
struct Refusal {
    enum class Kind : std::uint8_t {
        not_ours,  // something stands where the data files should go
        host,      // the directory cannot be written, or has no room
    };

    Kind kind = Kind::host;
    std::string text;
};

using Observer = std::function<void(const run::Event&)>;

struct SessionOptions {
    std::string run_folder;  // exists, and its lock is held; has a folder "logs"
    Observer observer;       // may be empty
};

// The measurements of one run, one after another, on the main thread. Owns the loop and, as long as
// it lives, the signals to end: the first stops a measurement gently, the second kills its members.
class Session {
public:
    Session(SessionOptions options, OwnershipLedger& ledger);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // A fresh cluster, traffic, and its end; the outcome is that of the last step. When this
    // returns no child is left, and no data file unless it shall be kept; what is left all the same
    // is in the outcome.
    elytra::Result<run::MeasurementOutcome, Refusal> measure(const MeasurementPlan& plan,
                                                             const run::SteadyTest& steady_test,
                                                             const StepSequence& steps = {});

    // Whether the user wants an end; also between two measurements.
    bool interrupted();

    // Tells the observer, on the clock of the run.
    void tell(run::Happening what);

private:
    std::optional<Refusal> make_room(const MeasurementPlan& plan);
    void on_signal(std::uint32_t count);

    SessionOptions options_;
    OwnershipLedger& ledger_;
    elytra::Instant begin_;
    elytra::io::asio::io_context loop_;
    std::uint32_t interrupts_ = 0;
    std::function<void()> on_interrupt_;  // while a measurement runs
    elytra::io::RepeatedEndSignals signals_;
};

}  // namespace elytractl::process
