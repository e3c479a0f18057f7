#include "bench/load/load_generator.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/io/clock.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/header.hpp"

namespace elytra::bench {
namespace {

constexpr std::chrono::milliseconds progress_interval{100};
constexpr int checksum_repeats = 100;

std::uint64_t nanoseconds_since(Instant start) {
    return io::monotonic_now().nanoseconds - start.nanoseconds;
}

// The best of some runs: what the machine can do, not what it was kept from doing.
std::uint64_t time_checksum() {
    const std::vector<std::byte> message(wire::message_size_max, std::byte{0x5a});
    std::uint64_t best = UINT64_MAX;
    u128 previous = 0;
    for (int repeat = 0; repeat < checksum_repeats; ++repeat) {
        const Instant start = io::monotonic_now();
        const u128 checksum = wire::checksum(message);
        best = std::min(best, nanoseconds_since(start));
        ELYTRA_ASSERT(repeat == 0 || checksum == previous);
        previous = checksum;
    }
    return best;
}

}  // namespace

LoadGenerator::LoadGenerator(io::asio::io_context& loop, const LoadOptions& options,
                             const std::vector<io::Address>& addresses, LoadObserver observer)
    : options_(options),
      observer_(std::move(observer)),
      workload_(options.workload),
      register_timer_(loop),
      progress_timer_(loop),
      next_step_(loop) {
    const io::ClientOptions client_options{
        .addresses = addresses, .cluster = options.cluster, .release = options.release};
    LoadSource& source = *this;
    for (std::uint32_t index = 0; index < options.clients; ++index) {
        clients_.push_back(std::make_unique<LoadClient>(loop, client_options, source));
    }
}

LoadGenerator::~LoadGenerator() { stop(); }

void LoadGenerator::start(OnDone on_done) {
    ELYTRA_ASSERT(!on_done_ && !stopped_);
    on_done_ = std::move(on_done);
    result_.started = io::wall_now();
    start_ = io::monotonic_now();
    register_timer_.start(std::chrono::nanoseconds(options_.register_timeout_nanoseconds),
                          [this] { on_register_timeout(); });
    arm_progress_timer();
    for (const auto& client : clients_) client->connect();
}

void LoadGenerator::stop() {
    stopped_ = true;
    register_timer_.cancel();
    progress_timer_.cancel();
    next_step_.cancel();
    for (const auto& client : clients_) client->close();
}

void LoadGenerator::on_register_timeout() {
    on_failed(fmt::format("no session within {} s: {}",
                          options_.register_timeout_nanoseconds / nanoseconds_per_second,
                          clients_.front()->client().describe_links()));
}

void LoadGenerator::on_registered(std::uint64_t nanoseconds) {
    if (stopped_) return;
    StageResult& registering = result_.stage(Stage::register_sessions);
    ++registering.requests;
    ++registering.events;
    ++registering.accepted;
    registering.latency.record_microseconds(nanoseconds / nanoseconds_per_microsecond);
    if (registering.requests < clients_.size()) return;
    register_timer_.cancel();
    if (batches_fit()) end_stage();
}

// A development server takes smaller requests than the flags could know.
bool LoadGenerator::batches_fit() {
    struct Row {
        const char* flag;
        std::uint32_t count;
        wire::Operation operation;
    };

    const Row rows[] = {
        {"account-batch-count", options_.account_batch_count, wire::Operation::create_accounts},
        {"transfer-batch-count", options_.transfer_batch_count, wire::Operation::create_transfers},
    };
    for (const Row& row : rows) {
        const std::uint32_t accepted = clients_.front()->client().events_max(row.operation);
        if (row.count <= accepted) continue;
        on_failed(
            fmt::format("--{} ({}): the server takes {} at most", row.flag, row.count, accepted));
        return false;
    }
    return true;
}

std::optional<std::uint64_t> LoadGenerator::take_request() {
    if (stopped_ || request_next_ == work_->request_count()) return std::nullopt;
    return request_next_++;
}

void LoadGenerator::on_answer(const Answer& answer) {
    if (stopped_) return;
    StageResult& stage = result_.stage(stage_);
    const std::uint64_t microseconds = answer.nanoseconds / nanoseconds_per_microsecond;
    ++stage.requests;
    stage.events += work_->events_of(answer.request);
    stage.accepted += work_->check(answer.request, answer.results);
    stage.latency.record_microseconds(microseconds);
    if (stage_ != Stage::create_transfers || !observer_.on_batch) return;
    observer_.on_batch({.index = answer.request,
                        .transfers = work_->events_of(answer.request),
                        .microseconds = microseconds});
}

void LoadGenerator::on_stage_finished() {
    if (stopped_) return;
    ++clients_finished_;
    if (clients_finished_ == clients_.size()) end_stage();
}

void LoadGenerator::begin_stage(Stage stage) {
    stage_ = stage;
    work_.emplace(stage, options_, workload_, checks_);
    request_next_ = 0;
    clients_finished_ = 0;
    result_.stage(stage).started_nanoseconds = elapsed();
    const std::uint64_t pause =
        stage == Stage::create_transfers ? options_.transfer_batch_delay_nanoseconds : 0;
    for (const auto& client : clients_) client->run_stage(pause);
}

void LoadGenerator::end_stage() {
    StageResult& ended = result_.stage(stage_);
    ended.nanoseconds = elapsed() - ended.started_nanoseconds;
    report_progress();
    if (stage_ == Stage::validate_transfers) check_sums(checks_);
    const std::optional<Stage> next = stage_after(stage_);
    if (!next.has_value() || !checks_.findings.empty()) return finish();
    next_step_.start({}, [this, stage = *next] { begin_stage(stage); });
}

std::optional<Stage> LoadGenerator::stage_after(Stage stage) const {
    if (stage == Stage::validate_transfers) return std::nullopt;
    if (stage == Stage::get_account_transfers && !options_.validate) return std::nullopt;
    return static_cast<Stage>(static_cast<std::size_t>(stage) + 1);
}

void LoadGenerator::on_failed(const std::string& reason) {
    if (stopped_) return;
    checks_.findings.add("the load was cut short", reason);
    finish();
}

void LoadGenerator::finish() {
    stop();
    if (options_.checksum_performance) result_.checksum_nanoseconds = time_checksum();
    result_.errors = checks_.findings.sentences();
    next_step_.start({}, [this] { report_done(); });
}

void LoadGenerator::report_done() {
    const OnDone report = std::exchange(on_done_, nullptr);
    if (report) report(std::move(result_));
}

void LoadGenerator::arm_progress_timer() {
    if (!observer_.on_progress) return;
    progress_timer_.start(progress_interval, [this] {
        report_progress();
        arm_progress_timer();
    });
}

void LoadGenerator::report_progress() {
    if (!observer_.on_progress) return;
    const StageResult& stage = result_.stage(stage_);
    const std::uint64_t lasted = elapsed() - stage.started_nanoseconds;
    const u128 scaled = static_cast<u128>(stage.events) * nanoseconds_per_second;
    observer_.on_progress(
        {.stage = stage_,
         .done = stage.events,
         .total = work_ ? work_->event_count() : clients_.size(),
         .events_per_second = lasted == 0 ? 0 : narrow<std::uint64_t>(scaled / lasted)});
}

std::uint64_t LoadGenerator::elapsed() const { return nanoseconds_since(start_); }

}  // namespace elytra::bench
