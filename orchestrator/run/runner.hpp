#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "bench/load/traffic_result.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/phase.hpp"

namespace elytractl::run {

// Whether what has flowed so far, the oldest first, is steady.
using SteadyTest = std::function<bool(std::span<const elytra::bench::TrafficInterval>)>;

// Asked when a measurement is over: whether another step follows, in the same cluster and without a
// pause.
using StepTest = std::function<bool()>;

enum class AddressSource : std::uint8_t {
    port_protocol,  // the one member chooses a port and reports it
    fixed,          // all members know the addresses of all before they start
};

// When a warm-up ends.
enum class WarmUpEnd : std::uint8_t { steady, minimum };

struct RunnerOptions {
    std::uint32_t members = 1;
    AddressSource addresses = AddressSource::port_protocol;
    std::uint64_t format_timeout_nanoseconds = 120'000'000'000;
    std::uint64_t ready_timeout_nanoseconds = 30'000'000'000;
    std::uint64_t setup_timeout_nanoseconds = 60'000'000'000;  // sessions and accounts
    std::uint64_t drain_timeout_nanoseconds = 90'000'000'000;  // answers and the audit's reading
    std::uint64_t stop_timeout_nanoseconds = 30'000'000'000;
    WarmUpEnd warm_up_end = WarmUpEnd::steady;
    std::uint64_t ramp_nanoseconds = 0;             // of the warm-up, before it can be steady
    std::uint64_t warm_up_minimum_nanoseconds = 0;  // the ramp does not count
    std::uint64_t warm_up_maximum_nanoseconds = 0;  // likewise
    std::uint64_t steady_window_nanoseconds = 0;    // what the test may look back on
    std::uint64_t duration_nanoseconds = 0;
    std::uint32_t cover_checkpoints = 0;          // marks that the measurement shall contain
    std::uint64_t extension_max_nanoseconds = 0;  // beyond the duration, to contain them
};

// What the world must do next. Members are numbered from 0.
struct FormatMember {
    std::uint32_t member;
};

struct SpawnMember {
    std::uint32_t member;
};

struct ProbeCluster {};  // on_ready() once a request has been served

struct StartTraffic {};

struct BeginWarmUp {};

struct BeginMeasurement {};

struct BeginStep {};  // ends the present one; on_step_begun() when it has

struct FinishTraffic {};

struct DropTraffic {};  // without waiting; nothing is reported any more

// The gentle order: end of input with the port protocol, SIGTERM otherwise; formatting: SIGTERM.
struct StopMember {
    std::uint32_t member;
};

struct TerminateMember {  // SIGTERM
    std::uint32_t member;
};

struct KillMember {  // SIGKILL
    std::uint32_t member;
    ExitReason reason;
};

struct ArmDeadline {  // replaces the one before; on_deadline() when it is over
    std::uint64_t nanoseconds;
};

struct CancelDeadline {};

struct EndRun {};  // the last action

using Action = std::variant<FormatMember, SpawnMember, ProbeCluster, StartTraffic, BeginWarmUp,
                            BeginMeasurement, BeginStep, FinishTraffic, DropTraffic, StopMember,
                            TerminateMember, KillMember, ArmDeadline, CancelDeadline, EndRun>;

enum class EndState : std::uint8_t { well, badly };

// The course of one measurement: every member formatted and started or none kept, traffic through
// warm-up and measurement, perhaps several times with a rate each, drain, stop. It is told what
// happened and answers with actions, which are performed in order. Every wait has a deadline. A
// member's end before its time ends the measurement; the first cause of an end decides the
// completion. An event that comes too late for its state changes nothing.
class Runner {
public:
    // Without a test for steps there is one.
    Runner(const RunnerOptions& options, SteadyTest steady_test, StepTest step_test = {});

    void start();  // once, first

    // The member's format has ended.
    void on_formatted(std::uint32_t member, EndState end);

    // The member has reported its port. With fixed addresses nobody calls this.
    void on_port(std::uint32_t member);

    // The member answered with something that is no port, or refused the probe for good.
    void on_unusable(std::uint32_t member);

    void on_ready();

    // The member, or what should have become it, is not there any more.
    void on_exited(std::uint32_t member);

    void on_traffic_ready();
    void on_interval(const elytra::bench::TrafficInterval& interval);
    void on_step_begun();  // after BeginStep
    void on_checkpoint();
    void on_traffic_done(EndState end);
    void on_deadline();
    void on_interrupt();  // the first one is gentle, the second one is not

    std::span<const Action> actions() const { return actions_; }

    void clear_actions() { actions_.clear(); }

    Phase phase() const { return phase_; }

    Completion completion() const { return completion_; }

    // Of the present step.
    bool steady() const { return steady_; }

    // Why the deadline that is armed would end the phase, for an error text: "the cluster served no
    // request". Empty where its end is no failure.
    const char* deadline_meaning() const;

private:
    enum class MemberState : std::uint8_t { absent, formatting, formatted, running, gone };

    void emit(Action action) { actions_.push_back(action); }

    void enter(Phase phase, std::uint64_t deadline_nanoseconds);
    void fail(Completion completion);
    void spawn_all();
    void begin_measurement();
    void end_measurement();
    void begin_step();
    std::uint64_t warm_up_limit() const;
    void finish_traffic(std::uint64_t patience_nanoseconds);
    void stop_members();
    void kill_members(ExitReason reason);
    void end_if_alone();
    void on_deadline_of_stopping();
    void on_deadline_of_measurement();
    void keep_window(const elytra::bench::TrafficInterval& interval);
    bool all(MemberState state) const;
    bool is_there(MemberState state) const;
    bool traffic_flows() const;

    RunnerOptions options_;
    SteadyTest steady_test_;
    StepTest step_test_;
    Phase phase_ = Phase::idle;
    Completion completion_ = Completion::complete;
    bool steady_ = false;
    bool traffic_exists_ = false;
    std::uint32_t interrupts_ = 0;
    std::uint32_t checkpoints_ = 0;  // in the measurement
    std::uint32_t ports_ = 0;
    bool extended_ = false;
    bool step_pending_ = false;  // asked for, and not begun yet
    bool terminated_ = false;    // the gentle order was not enough
    std::vector<MemberState> members_;
    std::optional<std::uint64_t> warm_up_start_;          // in the clock of the intervals
    std::vector<elytra::bench::TrafficInterval> window_;  // of the warm-up, after the ramp
    std::vector<Action> actions_;
};

// "spawn 0", one line for each action; for transcripts.
std::string to_text(const Action& action);

}  // namespace elytractl::run
