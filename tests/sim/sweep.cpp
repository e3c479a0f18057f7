#include "tests/sim/sweep.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "server/client/request.hpp"
#include "server/common/prng.hpp"
#include "server/storage/formatter.hpp"
#include "server/wire/checksum.hpp"
#include "tests/sim/crash_patterns.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/state_audit.hpp"
#include "tests/sim/storage_audit.hpp"
#include "tests/sim/violation.hpp"
#include "tests/sim/workload.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/replica_driver.hpp"
#include "tests/support/scripted_client.hpp"

namespace elytra::sim {

using storage::IoEffect;
using test::MemoryDisk;
using test::ReplicaDriver;
using test::ReplicaPools;
using test::ScriptedClient;

namespace {

constexpr std::uint64_t ops_of_scenario = 110;
constexpr std::uint64_t ops_between_crashes = 28;
constexpr std::size_t clients_of_scenario = 3;
constexpr std::size_t questions_per_image = 4;
constexpr ClientId client_of_images{0xffff};

const vsr::ReplicaOptions options{.limits = limits_tiny()};

bool changes_disk(const IoEffect& effect) { return !std::holds_alternative<storage::Read>(effect); }

// Registers with an open replica and returns the op of the reply.
Op serve_one_more(ReplicaDriver& driver, ReplicaPools& pools) {
    driver.deliver(ScriptedClient(client_of_images).make_register(pools.requests));
    driver.settle();
    for (const vsr::ClientMessage& out : driver.take_sent()) {
        if (out.client != client_of_images) continue;
        return Op{out.message->header<wire::ReplyHeader>().op};
    }
    throw Violation("R50: an image opens and does not serve");
}

// What a replica has to hold after some op.
struct State {
    u128 sessions = 0;
    std::vector<Question> questions;
};

State state_of(Model& model) {
    return {.sessions = model.digest(), .questions = model.questions()};
}

// The live side of the sweep: one replica, some clients, and a stop after every change of the disk.
class LoadSweep {
public:
    explicit LoadSweep(std::uint64_t seed);

    SweepResult run();

private:
    void start();
    void crash();
    void step();
    bool complete_or_work();
    void send_request();
    std::vector<std::byte> next_request(ScriptedClient& client);
    void process_sent();
    void on_effects(std::span<const IoEffect> effects);
    void record_states();
    void check_images();
    void check_image(MemoryDisk& image);
    std::span<const Question> questions_for_image(const State& state, Op head, Op checkpoint);

    Prng prng_;
    MemoryDisk disk_;
    MemoryDisk image_;  // of the disk after a crash; one for all keeps its memory
    ReplicaPools pools_;
    ReplicaPools pools_of_images_;
    Workload workload_;
    History history_;
    StorageAudit audit_;
    std::vector<ScriptedClient> clients_;
    std::vector<bool> waiting_;                       // by client
    std::vector<std::vector<std::byte>> unanswered_;  // by client: the request without an answer
    std::unique_ptr<ReplicaDriver> driver_;
    bool disk_changed_ = false;
    bool opened_ = false;
    std::vector<LoggedOp> log_;                                // of op 1 and those after it
    std::vector<State> states_;                                // after op 0 and those after it
    std::unique_ptr<Model> model_;                             // after the last of them
    std::map<u128, Op> heads_;                                 // what opening an image has led to
    std::set<std::pair<std::uint64_t, std::uint64_t>> asked_;  // ops of head and checkpoint
    SweepResult result_;
};

LoadSweep::LoadSweep(std::uint64_t seed)
    : prng_(seed),
      disk_(prng_.next()),
      image_(0),
      pools_(options.limits),
      pools_of_images_(options.limits),
      workload_({.accounts = 6, .events_max = 30, .timeout_max = 0}, prng_.next()),
      history_(options.limits),
      audit_(options.limits),
      waiting_(clients_of_scenario),
      unanswered_(clients_of_scenario) {
    for (std::size_t client = 0; client < clients_of_scenario; ++client) {
        clients_.emplace_back(ClientId{client + 1});
    }
}

SweepResult LoadSweep::run() {
    test::format(disk_, options.limits);
    record_states();
    std::uint64_t crash_at = ops_between_crashes;
    start();
    while (history_.op_committed().value < ops_of_scenario) {
        step();
        if (history_.op_committed().value < crash_at) continue;
        crash_at += ops_between_crashes;
        crash();
        start();
    }
    result_.ops = history_.op_committed().value;
    std::uint64_t log_bytes = 0;
    for (const LoggedOp& logged : log_) log_bytes += logged.record.size();
    result_.log_laps = log_bytes / options.limits.log_size;
    return result_;
}

void LoadSweep::start() {
    opened_ = false;
    driver_ = std::make_unique<ReplicaDriver>(disk_, pools_, options);
    driver_->observe_effects([this](std::span<const IoEffect> effects) { on_effects(effects); });
    driver_->start_open();
    while (driver_->replica().status() != vsr::ReplicaStatus::normal) {
        require(driver_->replica().status() != vsr::ReplicaStatus::failed, "R16: open fails");
        step();
    }
}

void LoadSweep::crash() {
    ++result_.restarts;
    for (const vsr::TraceEvent& event : driver_->traces()) {
        if (event.kind == vsr::TraceKind::checkpoint_finished) ++result_.checkpoints;
    }
    driver_.reset();
    disk_.crash();
    audit_.on_superblock(disk_.durable_bytes());
}

void LoadSweep::step() {
    if (opened_ && prng_.chance(1, 6)) {
        send_request();
    } else if (!complete_or_work() && opened_) {
        send_request();
    }
    process_sent();
    history_.on_checkpoint(driver_->replica().checkpoint_store());
    if (!opened_ && driver_->replica().status() == vsr::ReplicaStatus::normal) {
        opened_ = true;
        history_.on_opened(driver_->replica());
        log_.resize(history_.op_committed().value);
        record_states();
        for (std::size_t client = 0; client < clients_.size(); ++client) waiting_[client] = false;
    }
    if (std::exchange(disk_changed_, false)) check_images();
}

bool LoadSweep::complete_or_work() {
    const bool waits = disk_.in_flight() > 0 || driver_->jobs() > 0;
    const bool complete = waits && prng_.chance(1, 2);
    if (!complete && driver_->work()) return true;
    if (driver_->jobs() > 0 && (disk_.in_flight() == 0 || prng_.chance(1, 2))) {
        driver_->run_job();
        return true;
    }
    if (disk_.in_flight() == 0) return false;
    const std::size_t index = prng_.below(disk_.in_flight());
    const IoEffect effect = disk_.effect_in_flight(index);
    disk_changed_ = disk_changed_ || changes_disk(effect);
    driver_->complete(index);
    const auto* write = std::get_if<storage::Write>(&effect);
    if (write != nullptr && write->token.owner == storage::IoOwner::superblock) {
        audit_.on_superblock(disk_.durable_bytes());
    }
    return true;
}

// A request that a crash has interrupted is sent again byte for byte.
void LoadSweep::send_request() {
    const std::size_t index = prng_.below(clients_.size());
    if (waiting_[index]) return;
    waiting_[index] = true;
    if (unanswered_[index].empty()) unanswered_[index] = next_request(clients_[index]);
    wire::MessageRef message = pools_.requests.acquire();
    std::ranges::copy(unanswered_[index], message->receive_capacity().begin());
    driver_->deliver(std::move(message));
}

std::vector<std::byte> LoadSweep::next_request(ScriptedClient& client) {
    wire::MessageRef message;
    if (client.session() == 0) {
        message = client.make_register(pools_.requests);
    } else {
        const std::uint32_t body_max = options.limits.request_size_max - wire::header_size;
        workload_.set_time(history_.model().timestamp());
        const Workload::Request request = workload_.next(body_max);
        std::vector<std::byte> body(body_max);
        const bool events = wire::traits_of(request.operation).kind != wire::OperationKind::control;
        body.resize(events ? client::encode_batch(request.operation, request.events, body) : 0);
        message = client.make_request(pools_.requests, request.operation, body);
    }
    return {message->bytes().begin(), message->bytes().end()};
}

void LoadSweep::process_sent() {
    for (const vsr::ClientMessage& out : driver_->take_sent()) {
        history_.on_message(out, driver_->replica().view(), &audit_, disk_.durable_bytes());
        const auto index = static_cast<std::size_t>(low_half(out.client.value) - 1);
        clients_[index].take(out.message->header<wire::ReplyHeader>());
        waiting_[index] = false;
        unanswered_[index].clear();
    }
}

void LoadSweep::on_effects(std::span<const IoEffect> effects) {
    const Op written = history_.op_written();
    history_.on_effects(effects, WallTime{UINT64_MAX});
    audit_.on_effects(effects, disk_.durable_bytes());
    for (Op op = written.next(); op <= history_.op_written(); op = op.next()) {
        log_.push_back(history_.written(op));
    }
    record_states();
    for (const IoEffect& effect : effects) disk_changed_ = disk_changed_ || changes_disk(effect);
}

// The model executes ahead of the acknowledgements here; when a restart has dropped ops it begins
// anew.
void LoadSweep::record_states() {
    if (model_ == nullptr || model_->op().value > log_.size()) {
        model_ = std::make_unique<Model>(options.limits);
        states_.clear();
        states_.push_back(state_of(*model_));
    }
    while (model_->op().value < log_.size()) {
        model_->execute(log_[model_->op().value]);
        states_.push_back(state_of(*model_));
    }
}

void LoadSweep::check_images() {
    ++result_.crash_points;
    for (const CrashPattern& pattern : crash_patterns(disk_.atoms_at_risk(), prng_)) {
        ++result_.images;
        image_ = disk_;
        image_.crash_after(pattern);
        check_image(image_);
    }
}

void LoadSweep::check_image(MemoryDisk& image) {
    const u128 name = wire::checksum(image.bytes());
    const auto known = heads_.find(name);
    if (known != heads_.end()) {
        return require(known->second >= history_.op_committed(), "R3: an acknowledged op is lost");
    }
    ++result_.images_opened;
    ReplicaDriver driver(image, pools_of_images_, options);
    require(driver.open() == vsr::ReplicaStatus::normal, "R16: an image does not open");
    const Op head = driver.replica().head();
    require(head >= history_.op_committed(), "R3: an acknowledged op is lost");
    require(head <= history_.op_written(), "R1: an op out of nowhere");
    const State& state = states_[head.value];
    require(digest_of(driver.replica().sessions()) == state.sessions,
            "S20: sessions out of nowhere");
    const storage::CheckpointStore& store = driver.replica().checkpoint_store();
    if (history_.reference().has(store.op())) history_.reference().check(store.newest());
    require(serve_one_more(driver, pools_of_images_) == head.next(), "R2: the next op comes next");
    check_answers(driver, pools_of_images_, questions_for_image(state, head, store.op()));
    heads_.emplace(name, head);
}

// All of them where head and checkpoint meet for the first time, otherwise a few.
std::span<const Question> LoadSweep::questions_for_image(const State& state, Op head,
                                                         Op checkpoint) {
    const std::span<const Question> all = state.questions;
    if (all.size() <= questions_per_image) return all;
    if (asked_.insert({head.value, checkpoint.value}).second) return all;
    return all.subspan(prng_.below(all.size() - questions_per_image), questions_per_image);
}

void check_format_image(MemoryDisk& image, ReplicaPools& pools) {
    ReplicaDriver driver(image, pools, options);
    if (driver.open() == vsr::ReplicaStatus::normal) {
        require(driver.replica().head() == Op{}, "S25: a new file holds ops");
        require(digest_of(driver.replica().sessions()) == Model(options.limits).digest() &&
                    driver.replica().state_machine().timestamp() == 0,
                "S25: a new file holds a state");
        require(serve_one_more(driver, pools) == Op{1}, "S25: a new file serves");
        return;
    }
    const vsr::OpenFault& fault = driver.replica().open_fault();
    require(fault.kind == vsr::OpenFault::Kind::superblock &&
                (fault.superblock == storage::SuperblockFailure::not_a_data_file ||
                 fault.superblock == storage::SuperblockFailure::no_quorum),
            "S25: half a format looks like a damaged file");
}

}  // namespace

SweepResult sweep_format(std::uint64_t seed) {
    SweepResult result;
    Prng prng(seed);
    MemoryDisk disk(prng.next());
    ReplicaPools pools(options.limits);
    std::map<u128, bool> seen;
    storage::IoQueue io;
    storage::Formatter formatter(options.limits, test::identity_of_one, io);
    const auto check_images = [&] {
        ++result.crash_points;
        for (const CrashPattern& pattern : crash_patterns(disk.atoms_at_risk(), prng)) {
            ++result.images;
            MemoryDisk image = disk;
            image.crash_after(pattern);
            if (!seen.try_emplace(wire::checksum(image.bytes()), true).second) continue;
            ++result.images_opened;
            check_format_image(image, pools);
        }
    };
    formatter.start();
    while (formatter.status() == storage::FormatStatus::formatting) {
        disk.submit(io);
        check_images();
        const MemoryDisk::Completion done = disk.complete_any();
        formatter.on_io_done(done.token, done.status);
        check_images();
    }
    require(formatter.status() == storage::FormatStatus::done, "S25: format ends");
    disk.crash_after({});
    ReplicaDriver driver(disk, pools, options);
    require(driver.open() == vsr::ReplicaStatus::normal, "S25: a finished format opens");
    return result;
}

SweepResult sweep_load(std::uint64_t seed) { return LoadSweep(seed).run(); }

}  // namespace elytra::sim
