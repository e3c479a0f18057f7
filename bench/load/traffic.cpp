#include "bench/load/traffic.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "bench/audit/auditor.hpp"
#include "bench/load/client_port.hpp"
#include "bench/load/interval_merger.hpp"
#include "bench/load/traffic_timeline.hpp"
#include "bench/load/traffic_worker.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/clock.hpp"
#include "server/io/loop_thread.hpp"
#include "server/io/postbox.hpp"

namespace elytra::bench {
namespace {

// A phase begins so much later than it is asked for, so that every thread knows of it in time.
constexpr std::uint64_t notice_nanoseconds = nanoseconds_per_millisecond;

// Nor before the step begins, which may be announced and not have come.
Instant soon(const TrafficTimeline& step) {
    return std::max(Instant{io::monotonic_now().nanoseconds + notice_nanoseconds}, step.start());
}

struct Generator {
    Generator(const TrafficOptions& options, WorkerShare share, const TrafficTimeline& timeline)
        : worker(thread.loop(), options, share, timeline) {}

    io::LoopThread thread;
    TrafficWorker worker;
};

}  // namespace

// Lives on the owner's loop. What the workers tell comes through the postbox; what they are told is
// posted to their threads.
class Traffic::Implementation {
public:
    Implementation(io::asio::io_context& loop, const TrafficOptions& options,
                   const std::vector<io::Address>& addresses, TrafficEvents events);
    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    ~Implementation() { stop_threads(); }

    void start(std::vector<DriverPipes> drivers);
    void begin_warm_up();
    void begin_measurement();
    void begin_step(const ArrivalOptions& arrival);
    void finish();

private:
    enum class State : std::uint8_t {
        created,
        registering,
        creating_accounts,
        ready,
        running,
        draining,
        reading_back,
        done,
    };

    WorkerEvents events_of(std::size_t index);
    template <class Command>
    void tell_all(Command command);

    std::vector<std::unique_ptr<TrafficPort>> make_ports(io::asio::io_context& loop,
                                                         std::size_t worker);
    void on_registered();
    void on_accounts_created();
    void on_intervals(std::size_t index, const std::vector<TrafficInterval>& intervals);
    void on_step_ended(std::size_t index, const WorkerReport& report);
    void on_drained(std::size_t index, const WorkerReport& report);
    void add_report(std::size_t index, const WorkerReport& report);
    void on_failed(const std::string& reason);
    void end_drain();
    void report_intervals();
    void set_durations(const TrafficTimeline& step);
    void done();
    void stop_threads();

    TrafficOptions options_;
    std::vector<io::Address> addresses_;
    std::vector<DriverPipes> drivers_;  // each taken by the thread whose session it is
    TrafficEvents events_;
    std::deque<TrafficTimeline> steps_;   // all of them: threads may be behind
    std::optional<io::Postbox> postbox_;  // until all is done
    std::vector<std::unique_ptr<Generator>> generators_;
    IntervalMerger merger_;
    std::optional<Auditor> auditor_;  // of all workers, after the drain

    State state_ = State::created;
    std::size_t answered_ = 0;      // workers that have done what they were told last
    std::size_t steps_ended_ = 0;   // by all workers, and told
    std::size_t step_reports_ = 0;  // of workers, of the step that ends
    Instant step_began_;
    std::uint64_t unanswered_ = 0;  // requests
    TrafficResult result_;
};

Traffic::Implementation::Implementation(io::asio::io_context& loop, const TrafficOptions& options,
                                        const std::vector<io::Address>& addresses,
                                        TrafficEvents events)
    : options_(options),
      addresses_(addresses),
      events_(std::move(events)),
      postbox_(std::in_place, loop),
      merger_(options.threads) {
    steps_.emplace_back(options.interval_nanoseconds, options.arrival);
    for (std::uint32_t index = 0; index < options.threads; ++index) {
        generators_.push_back(std::make_unique<Generator>(
            options_, WorkerShare{.index = index, .count = options.threads}, steps_.front()));
    }
}

// Runs on each worker's thread what `command` does with the worker.
template <class Command>
void Traffic::Implementation::tell_all(Command command) {
    answered_ = 0;
    for (const auto& generator : generators_) {
        generator->thread.post([&worker = generator->worker, command] { command(worker); });
    }
}

WorkerEvents Traffic::Implementation::events_of(std::size_t index) {
    return {
        .on_registered = [this] { postbox_->post([this] { on_registered(); }); },
        .on_accounts_created = [this] { postbox_->post([this] { on_accounts_created(); }); },
        .on_intervals =
            [this, index](std::vector<TrafficInterval> intervals) {
                postbox_->post(
                    [this, index, given = std::move(intervals)] { on_intervals(index, given); });
            },
        .on_step_ended =
            [this, index](WorkerReport report) {
                postbox_->post(
                    [this, index, given = std::move(report)] { on_step_ended(index, given); });
            },
        .on_drained =
            [this, index](WorkerReport report) {
                postbox_->post(
                    [this, index, given = std::move(report)] { on_drained(index, given); });
            },
        .on_read_back = [this] { postbox_->post([this] { done(); }); },
        .on_failed =
            [this](std::string reason) {
                postbox_->post([this, given = std::move(reason)] { on_failed(given); });
            },
    };
}

void Traffic::Implementation::start(std::vector<DriverPipes> drivers) {
    ELYTRA_ASSERT(state_ == State::created);
    ELYTRA_ASSERT(drivers.empty() || drivers.size() == options_.clients);
    state_ = State::registering;
    drivers_ = std::move(drivers);
    result_.started = io::wall_now();
    step_began_ = io::monotonic_now();
    for (std::size_t index = 0; index < generators_.size(); ++index) {
        Generator& generator = *generators_[index];
        generator.thread.post([this, index, &generator, events = events_of(index)] {
            generator.worker.connect(make_ports(generator.thread.loop(), index), events);
        });
    }
}

// Of the worker's share of the sessions, on its thread.
std::vector<std::unique_ptr<TrafficPort>> Traffic::Implementation::make_ports(
    io::asio::io_context& loop, std::size_t worker) {
    const io::ClientOptions client{
        .addresses = addresses_, .cluster = options_.cluster, .release = options_.release};
    std::vector<std::unique_ptr<TrafficPort>> ports;
    for (std::size_t index = worker; index < options_.clients; index += options_.threads) {
        if (drivers_.empty()) {
            ports.push_back(std::make_unique<ClientPort>(loop, client));
        } else {
            ports.push_back(std::make_unique<DriverPort>(loop, std::move(drivers_[index])));
        }
    }
    return ports;
}

void Traffic::Implementation::on_registered() {
    if (state_ != State::registering || ++answered_ < generators_.size()) return;
    state_ = State::creating_accounts;
    tell_all([](TrafficWorker& worker) { worker.create_accounts(); });
}

void Traffic::Implementation::on_accounts_created() {
    if (state_ != State::creating_accounts || ++answered_ < generators_.size()) return;
    state_ = State::ready;
    result_.setup_nanoseconds = io::monotonic_now().nanoseconds - step_began_.nanoseconds;
    if (events_.on_ready) events_.on_ready();
}

void Traffic::Implementation::begin_warm_up() {
    if (state_ == State::done) return;  // the load has failed, and its owner was told
    ELYTRA_ASSERT(state_ == State::ready);
    state_ = State::running;
    result_.threads.resize(generators_.size());
    steps_.back().begin(io::monotonic_now());
    tell_all([](TrafficWorker& worker) { worker.run(); });
}

void Traffic::Implementation::begin_measurement() {
    if (state_ == State::done) return;  // as above
    ELYTRA_ASSERT(state_ == State::running);
    TrafficTimeline& step = steps_.back();
    step.begin_measurement(step.boundary_after(soon(step)));
}

void Traffic::Implementation::begin_step(const ArrivalOptions& arrival) {
    if (state_ == State::done) return;  // as above
    ELYTRA_ASSERT(state_ == State::running && steps_.size() == steps_ended_ + 1);
    ELYTRA_ASSERT(options_.arrival.model == ArrivalModel::open);
    TrafficTimeline& step = steps_.back();
    TrafficTimeline& next = steps_.emplace_back(options_.interval_nanoseconds, arrival,
                                                narrow<std::uint32_t>(steps_.size()));
    next.begin(step.boundary_after(soon(step)));
    step.go_on_with(next);
}

void Traffic::Implementation::finish() {
    switch (state_) {
        case State::created:
        case State::registering:
        case State::creating_accounts:
            return postbox_->post([this] { on_failed("ended before the accounts existed"); });
        case State::ready:
            return postbox_->post([this] { done(); });
        case State::running:
            break;
        case State::draining:
        case State::reading_back:
        case State::done:
            return;
    }
    state_ = State::draining;
    steps_.back().end(soon(steps_.back()));
    tell_all([](TrafficWorker& worker) { worker.on_end_known(); });
}

void Traffic::Implementation::on_intervals(std::size_t index,
                                           const std::vector<TrafficInterval>& intervals) {
    for (const TrafficInterval& interval : intervals) merger_.add(index, interval);
    report_intervals();
}

void Traffic::Implementation::report_intervals() {
    for (TrafficInterval& interval : merger_.take_complete()) {
        if (events_.on_interval) events_.on_interval(interval);
        result_.intervals.push_back(std::move(interval));
    }
}

void Traffic::Implementation::on_step_ended(std::size_t index, const WorkerReport& report) {
    if (state_ == State::done) return;
    add_report(index, report);
    if (++step_reports_ < generators_.size()) return;
    step_reports_ = 0;
    const TrafficTimeline& step = steps_[steps_ended_++];
    set_durations(step);
    result_.followed = true;
    TrafficResult next;
    next.started = io::wall_now();
    next.threads.resize(generators_.size());
    next.carried_in = result_.carried_out;
    std::swap(result_, next);
    if (events_.on_step) events_.on_step(std::move(next));
}

void Traffic::Implementation::add_report(std::size_t index, const WorkerReport& report) {
    result_.warm_up.add(report.warm_up);
    result_.measurement.add(report.measurement);
    result_.warm_up_latency.merge(report.warm_up_latency);
    result_.latency.merge(report.latency);
    result_.threads[index] = report.thread;
    result_.carried_out += report.carried_events;
}

void Traffic::Implementation::on_drained(std::size_t index, const WorkerReport& report) {
    merger_.finish(index);
    add_report(index, report);
    unanswered_ += report.unanswered;
    const Auditor& auditor = generators_[index]->worker.auditor();
    if (auditor_) {
        auditor_->merge(auditor);
    } else {
        auditor_.emplace(auditor);
    }
    report_intervals();
    ++answered_;
    if (answered_ == generators_.size()) end_drain();
}

void Traffic::Implementation::end_drain() {
    set_durations(steps_.back());
    result_.drain_nanoseconds = io::monotonic_now().nanoseconds - steps_.back().end().nanoseconds;
    if (unanswered_ > 0) {
        result_.errors.push_back(fmt::format(
            "{} requests were not answered within {} s after the last arrival", unanswered_,
            2 * options_.drain_timeout_nanoseconds / nanoseconds_per_second));
    }
    if (!options_.audit) return done();
    state_ = State::reading_back;
    Generator& first = *generators_.front();
    first.thread.post([&first, &auditor = *auditor_] { first.worker.read_back(auditor); });
}

void Traffic::Implementation::set_durations(const TrafficTimeline& step) {
    const std::uint64_t end = step.end().nanoseconds;
    const std::uint64_t begin = std::min(step.measurement().nanoseconds, end);
    result_.warm_up_nanoseconds = begin - step.start().nanoseconds;
    result_.measurement_nanoseconds = end - begin;
}

void Traffic::Implementation::on_failed(const std::string& reason) {
    result_.errors.push_back(reason);
    done();
}

void Traffic::Implementation::done() {
    if (state_ == State::done) return;
    state_ = State::done;
    stop_threads();
    postbox_.reset();
    if (options_.audit && auditor_) {
        result_.audit = {.enabled = true,
                         .events_checked = auditor_->events_checked(),
                         .accounts_checked = auditor_->accounts_checked(),
                         .findings = auditor_->findings().sentences()};
    }
    const std::function<void(TrafficResult)> report = std::move(events_.on_done);
    if (report) report(std::move(result_));
}

void Traffic::Implementation::stop_threads() {
    for (const auto& generator : generators_) generator->thread.stop();
}

Traffic::Traffic(io::asio::io_context& loop, const TrafficOptions& options,
                 const std::vector<io::Address>& addresses, TrafficEvents events)
    : implementation_(
          std::make_unique<Implementation>(loop, options, addresses, std::move(events))) {}

Traffic::~Traffic() = default;

void Traffic::start(std::vector<DriverPipes> drivers) {
    implementation_->start(std::move(drivers));
}

void Traffic::begin_warm_up() { implementation_->begin_warm_up(); }

void Traffic::begin_measurement() { implementation_->begin_measurement(); }

void Traffic::begin_step(const ArrivalOptions& arrival) { implementation_->begin_step(arrival); }

void Traffic::finish() { implementation_->finish(); }

}  // namespace elytra::bench
