#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/traffic.hpp"
#include "orchestrator/process/foreign_processes.hpp"
#include "orchestrator/process/load_drivers.hpp"
#include "orchestrator/process/measurement_plan.hpp"
#include "orchestrator/process/member.hpp"
#include "orchestrator/process/ownership.hpp"
#include "orchestrator/process/probe.hpp"
#include "orchestrator/process/process_readings.hpp"
#include "orchestrator/run/event.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/runner.hpp"
#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/timer.hpp"

namespace elytractl::process {

// What outlives a course.
struct CourseContext {
    elytra::io::asio::io_context& loop;
    OwnershipLedger& ledger;
    const MeasurementPlan& plan;
    const StepSequence& steps;
    std::string log_folder;
    std::function<void(run::Happening)> tell;
};

// One measurement as it really happens: tells the Runner what members, traffic, probe and timers
// report and performs what it answers. Requires: the folder of the data files is ours. On the main
// thread.
class Course {
public:
    Course(CourseContext context, const run::SteadyTest& steady_test);
    Course(const Course&) = delete;
    Course& operator=(const Course&) = delete;

    run::MeasurementOutcome run();  // once

    void on_interrupt();

private:
    void make_members();
    void perform_actions();
    void tell_phase();

    void perform(const run::FormatMember& action);
    void perform(const run::SpawnMember& action);
    void perform(const run::ProbeCluster& action);
    void perform(const run::StartTraffic& action);
    void perform(const run::BeginWarmUp& action);
    void perform(const run::BeginMeasurement& action);
    void perform(const run::BeginStep& action);
    void perform(const run::FinishTraffic& action);
    void perform(const run::DropTraffic& action);
    void perform(const run::StopMember& action);
    void perform(const run::TerminateMember& action);
    void perform(const run::KillMember& action);
    void perform(const run::ArmDeadline& action);
    void perform(const run::CancelDeadline& action);
    void perform(const run::EndRun& action);

    void on_formatted(std::uint32_t member, run::EndState end);
    void on_port(std::uint32_t member, const elytra::io::Address& address);
    void on_unusable(std::uint32_t member, const std::string& reason);
    void on_served();
    void on_exited(std::uint32_t member);
    void on_mark(std::uint32_t member, std::string_view kind);
    void on_interval(const elytra::bench::TrafficInterval& interval);
    void on_step_ended(elytra::bench::TrafficResult result);
    void on_traffic_done(elytra::bench::TrafficResult result);
    void on_load_ended();
    void on_deadline();

    bool another_step();
    void describe_step(const MeasurementPlan& plan);
    run::MeasurementOutcome take_step(elytra::bench::TrafficResult result);
    run::ForeignLoad look_around();
    void sample();
    void arm_sampling();
    void trouble(const std::string& text);
    elytra::Result<std::vector<elytra::bench::DriverPipes>, std::string> start_drivers();
    void collect_drivers();
    void clean_up();
    std::uint64_t traffic_time() const;
    elytra::bench::TrafficOptions traffic_options() const;
    std::string data_file(std::uint32_t member) const;

    CourseContext context_;
    run::Runner runner_;
    run::MeasurementOutcome outcome_;
    run::Phase phase_told_ = run::Phase::idle;
    bool ended_ = false;
    std::vector<elytra::io::Address> addresses_;
    std::optional<elytra::Instant> traffic_begin_;           // of its schedule
    std::vector<elytra::bench::TrafficInterval> intervals_;  // of the present step
    std::optional<StepPlan> next_step_;                      // which is about to begin
    bool step_steady_ = false;                               // of the step that ends for it
    std::uint64_t step_begin_ = 0;                           // nanoseconds since traffic_begin_
    std::optional<HostReading> host_before_;                 // of the sample before
    ProcessTable processes_before_;                          // of the last look around
    elytra::io::Timer deadline_;
    elytra::io::Timer sampling_;
    elytra::io::Timer driver_failure_;
    std::vector<std::unique_ptr<Member>> members_;
    std::unique_ptr<Probe> probe_;
    std::unique_ptr<LoadDrivers> drivers_;
    std::unique_ptr<elytra::bench::Traffic> traffic_;
};

// What is known of traffic that was dropped before it could report.
elytra::bench::TrafficResult partial_result(std::vector<elytra::bench::TrafficInterval> intervals);

}  // namespace elytractl::process
