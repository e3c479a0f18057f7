#include "tests/sim/world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"
#include "tests/sim/state_audit.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {
namespace {

// Far beyond what the slowest run needs: a client repeats itself at least once a minute.
constexpr std::uint64_t turns_of_faults_max = 60'000;
constexpr std::uint64_t calm_nanoseconds_max = 600 * nanoseconds_per_second;
constexpr std::uint64_t wall_step_max = 20 * nanoseconds_per_second;
constexpr std::uint64_t restart_turns_max = 60;

}  // namespace

World::World(const Plan& plan, Trace trace)
    : plan_(plan),
      trace_(trace),
      prng_(Prng(plan.seed).split(100)),
      device_({.limits = plan.limits,
               .bug = plan.bug,
               .starved = plan.io_starved,
               .seed = Prng(plan.seed).split(101).next()}),
      executor_(plan.job_percent, Prng(plan.seed).split(104).next()),
      pools_(plan.limits),
      pools_of_copies_(plan.limits),
      network_({.delay_turns_max = plan.delay_turns_max,
                .loss_percent = plan.loss_percent,
                .duplicate_percent = plan.duplicate_percent,
                .corrupt_percent = plan.corrupt_percent},
               Prng(plan.seed).split(102).next()),
      workload_(plan.workload, Prng(plan.seed).split(103).next()),
      history_(plan.limits),
      audit_(plan.limits),
      connections_(plan.clients) {
    for (std::uint32_t client = 0; client < plan.clients; ++client) {
        clients_.push_back(std::make_unique<SimClient>(
            SimClient::Options{.cluster = test::identity_of_one.cluster,
                               .seed = Prng(plan.seed).split(1'000 + client).next(),
                               .think_percent = plan.think_percent}));
    }
}

RunResult World::run() {
    test::format(device_.disk(), plan_.limits);
    if (plan_.file_size_max != 0) device_.disk().set_size_max(plan_.file_size_max);
    start();
    const auto answered = [this] {
        std::uint64_t sum = 0;
        for (const auto& client : clients_) sum += client->answered();
        return sum;
    };
    while (!over() && answered() < plan_.requests && turn_ < turns_of_faults_max) turn();
    phase_ = Phase::calm;
    network_.calm();
    executor_.calm();
    device_.disk().set_size_max(UINT64_MAX);
    run_until_calm();
    if (!over()) {
        crash(static_cast<Device::Crash>(prng_.below(3)));
        run_until_calm();
    }
    tally_.runs = 1;
    tally_.runs_refused = refused_ ? 1 : 0;
    tally_.requests_answered = answered();
    tally_.replies_resent = history_.replies_resent();
    tally_.ops = history_.op_committed().value;
    tally_.log_bytes = device_.disk().bytes_written();
    for (const auto& client : clients_) tally_.evictions += client->evicted();
    const std::array<u128, 3> parts{history_.digest(), wire::checksum(device_.disk().bytes()),
                                    u128{turn_}};
    return {.tally = tally_, .digest = wire::checksum(std::as_bytes(std::span(parts)))};
}

// Every request gets its answer, and then the replica and the model are the same.
void World::run_until_calm() {
    phase_ = Phase::calm;
    const std::uint64_t end = now_.nanoseconds + calm_nanoseconds_max;
    while (!over() && !everybody_idle()) {
        require(now_.nanoseconds < end, "R50: requests stay without an answer after the faults");
        turn();
    }
    if (over()) return;
    history_.on_quiet(*replica_);
    check_state_on_disk();
}

bool World::everybody_idle() const {
    if (!normal() || device_.busy() || executor_.busy() || worked_) return false;
    return std::ranges::all_of(clients_, [](const auto& client) { return client->idle(); });
}

bool World::normal() const { return running() && replica_->status() == vsr::ReplicaStatus::normal; }

WallTime World::wall() const { return WallTime{wall_base_ + now_.nanoseconds}; }

void World::turn() {
    pass_time();
    crash_when_drawn();
    std::vector<Packet> packets = network_.receive(turn_);
    if (running()) {
        complete_io();
        complete_jobs();
        replica_->on_tick(now_, wall());
    }
    deliver(packets);
    if (running()) {
        execute_effects();
        worked_ = false;
        const std::uint64_t slices = prng_.below(plan_.work_per_turn_max + 1);
        for (std::uint64_t slice = 0; slice < slices; ++slice) {
            worked_ = replica_->work();
            execute_effects();
        }
        worked_ = worked_ || slices == 0;
        watch_status();
    }
    move_clients();
}

void World::pass_time() {
    ++turn_;
    now_.nanoseconds += plan_.turn_milliseconds * nanoseconds_per_millisecond;
    if (phase_ != Phase::faults || !prng_.chance(plan_.wall_step_permille, 1000)) return;
    ++tally_.wall_steps;
    wall_base_ = wall_base_ - wall_step_max / 2 + prng_.below(wall_step_max);
}

void World::crash_when_drawn() {
    if (!running()) {
        if (turn_ >= restart_at_) start();
        return;
    }
    if (phase_ != Phase::faults) return;
    damage_next_write();
    damage_reads();
    if (device_.flush_in_flight() && prng_.chance(plan_.flush_fault_permille, 1000)) {
        ++tally_.media_faults[static_cast<std::size_t>(MediaFault::failed_flush)];
        return crash(Device::Crash::blackout);
    }
    const bool busy = device_.disk().writes_at_risk() > 0;
    const std::uint32_t chance = plan_.crash_permille + (busy ? plan_.crash_busy_permille : 0);
    // Opening takes many turns; it must not have most of the crashes.
    if (prng_.chance(chance, normal() ? 1000 : 5000)) {
        crash(static_cast<Device::Crash>(prng_.below(3)));
    }
}

void World::crash(Device::Crash kind) {
    ++tally_.crashes;
    if (!normal()) ++tally_.crashes_while_opening;
    if (device_.disk().writes_at_risk() > 0) ++tally_.crashes_with_writes_at_risk;
    trace_line("crash", static_cast<std::uint64_t>(kind), device_.disk().writes_at_risk());
    replica_.reset();
    device_.crash(kind);
    executor_.crash();
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        if (clients_[index]->connected()) clients_[index]->disconnect();
    }
    restart_at_ = turn_ + 1 + prng_.below(restart_turns_max);
    if (audited()) audit_.on_superblock(device_.disk().durable_bytes());
    if (phase_ == Phase::faults) damage_media();
}

void World::damage_media() {
    if (prng_.chance(plan_.fault_percent, 100)) damage(static_cast<MediaFault>(prng_.below(3)));
}

// While the replica runs: it meets this when it reads the place again.
void World::damage_reads() {
    if (!prng_.chance(plan_.read_fault_permille, 1000)) return;
    damage(prng_.chance(1, 2) ? MediaFault::misdirected_read
                              : static_cast<MediaFault>(prng_.below(3)));
}

void World::damage(MediaFault fault) {
    const auto zone = static_cast<Zone>(prng_.below(zones_count));
    ++tally_.media_faults[static_cast<std::size_t>(fault)];
    damaged_.push_back(zone);
    device_.damage(fault, zone);
    trace_line("damage", static_cast<std::uint64_t>(fault), static_cast<std::uint64_t>(zone));
}

void World::damage_next_write() {
    if (!prng_.chance(plan_.write_fault_permille, 1000)) return;
    const auto fault = prng_.chance(1, 2) ? MediaFault::lost_write : MediaFault::misdirected_write;
    const auto zone = static_cast<Zone>(prng_.below(zones_count));
    ++tally_.media_faults[static_cast<std::size_t>(fault)];
    write_damaged_ = true;
    device_.damage(fault, zone);
    trace_line("damage", static_cast<std::uint64_t>(fault), static_cast<std::uint64_t>(zone));
}

void World::start() {
    trace_line("start", 0, 0);
    replica_.emplace(vsr::ReplicaOptions{.limits = limits_of_replica()}, pools_.replica);
    replica_->on_tick(now_, wall());
    was_normal_ = false;
    worked_ = true;
    replica_->open();
    execute_effects();
}

Limits World::limits_of_replica() const {
    Limits limits = plan_.limits;
    if (plan_.bug == PlantedBug::early_merge) --limits.merge_delay;
    return limits;
}

void World::complete_io() {
    const std::uint64_t count = prng_.below(plan_.io_per_turn_max + 1);
    bool superblock = false;
    for (std::uint64_t i = 0; i < count && device_.busy(); ++i) {
        const test::MemoryDisk::Completion done = device_.complete_one();
        superblock = superblock || done.token.owner == storage::IoOwner::superblock;
        replica_->on_io_done(done.token, done.status);
    }
    if (superblock && audited()) audit_.on_superblock(device_.disk().durable_bytes());
}

void World::complete_jobs() {
    executor_.begin_turn();
    while (const auto token = executor_.next_done()) {
        replica_->on_io_done(*token, storage::IoStatus::ok);
        // The next job may follow in the same turn.
        execute_effects();
    }
}

void World::deliver(std::vector<Packet>& packets) {
    for (const Packet& packet : packets) {
        if (packet.direction == Packet::Direction::to_replica) {
            if (running()) deliver_to_replica(packet);
        } else if (packet.connection == connections_[packet.client].number) {
            clients_[packet.client]->receive(packet.bytes, now_);
        }
    }
}

// What the production world does before the replica sees a message.
void World::deliver_to_replica(const Packet& packet) {
    const auto size = wire::decode_header(packet.bytes, wire::message_size_max);
    bool intact = size.has_value() && *size == packet.bytes.size();
    if (pools_.requests.empty()) return;
    wire::MessageRef message = pools_.requests.acquire();
    std::ranges::copy(packet.bytes, message->receive_capacity().begin());
    intact = intact && wire::body_intact(*message);
    if (intact) return replica_->on_message(std::move(message));
    SimClient& client = *clients_[packet.client];
    if (client.connected()) client.disconnect();
}

void World::execute_effects() {
    history_.on_effects(replica_->io_effects(), wall());
    if (audited()) audit_.on_effects(replica_->io_effects(), device_.disk().durable_bytes());
    device_.submit(replica_->io_effects());
    executor_.submit(replica_->compute_effects());
    history_.on_checkpoint(replica_->checkpoint_store());
    for (const vsr::ClientMessage& out : replica_->client_messages()) {
        const vsr::ClientMessage sent{out.client, with_bug(out.message)};
        history_.on_message(sent, replica_->view(), audited() ? &audit_ : nullptr,
                            device_.disk().durable_bytes());
        send_to_client(sent);
    }
    for (const vsr::TraceEvent& event : replica_->traces()) {
        if (event.kind == vsr::TraceKind::checkpoint_finished) ++tally_.checkpoints;
        if (event.kind == vsr::TraceKind::session_pushed_out) ++tally_.sessions_pushed_out;
        if (event.kind == vsr::TraceKind::log_torn_ignored) ++tally_.torn_logs;
        trace_line("replica", static_cast<std::uint64_t>(event.kind), event.first);
    }
    replica_->clear_effects();
}

void World::send_to_client(vsr::ClientMessage out) {
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        if (clients_[index]->id() != out.client) continue;
        const auto bytes = out.message->bytes();
        network_.send({.direction = Packet::Direction::to_client,
                       .client = index,
                       .connection = connections_[index].number,
                       .bytes = {bytes.begin(), bytes.end()}},
                      turn_);
    }
}

wire::MessageRef World::with_bug(const wire::MessageRef& message) {
    const bool reply = message->frame().command == static_cast<std::uint8_t>(wire::Command::reply);
    const bool forged = plan_.bug == PlantedBug::forged_reply;
    if (!reply || (!forged && plan_.bug != PlantedBug::misplaced_reply)) return message;
    if (pools_.requests.empty() || !prng_.chance(1, 20)) return message;
    wire::MessageRef copy = pools_.requests.acquire();
    std::ranges::copy(message->bytes(), copy->receive_capacity().begin());
    auto& header = copy->header<wire::ReplyHeader>();
    if (forged) {
        ++header.timestamp;
    } else {
        --header.op;
        --header.commit;
    }
    wire::seal_reply(header, copy->body());
    return copy;
}

void World::watch_status() {
    using Shortage = storage::CheckpointStore::Shortage;
    const bool space_short = replica_->shortage() != Shortage::none;
    if (space_short && !was_short_of_space_) ++tally_.space_shortages;
    was_short_of_space_ = space_short;
    if (replica_->status() == vsr::ReplicaStatus::failed) return on_failed();
    if (!normal() || was_normal_) return;
    was_normal_ = true;
    trace_line("normal", replica_->view().value, replica_->head().value);
    history_.on_opened(*replica_);
    check_state_on_disk();
}

// What the disk has now opens elsewhere, too, and answers every question about the state.
void World::check_state_on_disk() {
    if (!audited()) return;
    check_copy(device_.disk(), pools_of_copies_, plan_.limits, history_.model().questions());
}

// A single replica may refuse a damaged file, and no other.
void World::on_failed() {
    const auto kind = static_cast<std::uint64_t>(replica_->open_fault().kind);
    trace_line("refused", kind, replica_->open_fault().log_faults);
    require(!damaged_.empty() || write_damaged_, "R30: an undamaged file is refused");
    const bool harmless =
        !write_damaged_ && damaged_.size() == 1 &&
        (damaged_.front() == Zone::superblock_a || damaged_.front() == Zone::superblock_b);
    require(!harmless, "S5: damage to one copy of the superblock is harmless");
    refused_ = true;
}

void World::move_clients() {
    workload_.set_time(wall().nanoseconds);
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        SimClient& client = *clients_[index];
        Connection& connection = connections_[index];
        if (!client.connected() && normal() && turn_ >= connection.turn_next) {
            ++connection.number;
            connection.turn_next = turn_ + 1 + prng_.below(restart_turns_max);
            client.connect(now_);
        }
        client.tick(now_, phase_ == Phase::faults ? &workload_ : nullptr);
        for (std::vector<std::byte>& bytes : client.take_sent()) {
            network_.send({.direction = Packet::Direction::to_replica,
                           .client = index,
                           .connection = connection.number,
                           .bytes = std::move(bytes)},
                          turn_);
        }
    }
}

void World::trace_line(const char* what, std::uint64_t first, std::uint64_t second) const {
    if (trace_ == Trace::off) return;
    std::fprintf(stderr, "%8llu %-8s %llu %llu\n", static_cast<unsigned long long>(turn_), what,
                 static_cast<unsigned long long>(first), static_cast<unsigned long long>(second));
}

}  // namespace elytra::sim
