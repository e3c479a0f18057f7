#include "bench/load/traffic_worker.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "bench/load/traffic_session.hpp"
#include "server/client/request.hpp"
#include "server/common/assert.hpp"
#include "server/wire/elements.hpp"

namespace elytra::bench {
namespace {

MixedStream::Options stream_options(const TrafficOptions& options, WorkerShare share) {
    return {.workload = options.workload,
            .mix = options.mix,
            .stream = share.index,
            .streams = share.count};
}

}  // namespace

TrafficWorker::TrafficWorker(io::asio::io_context& loop, const TrafficOptions& options,
                             WorkerShare share, const TrafficTimeline& timeline)
    : loop_(loop),
      options_(options),
      share_(share),
      timeline_(&timeline),
      stream_(stream_options(options, share)),
      auditor_(stream_.workload()),
      supply_(stream_, options.batch_max),
      pace_timer_(loop),
      tick_timer_(loop),
      patience_timer_(loop) {
    ELYTRA_ASSERT(share.index < share.count && share.count == options.threads);
}

TrafficWorker::~TrafficWorker() = default;

void TrafficWorker::connect(std::vector<std::unique_ptr<TrafficPort>> ports, WorkerEvents events) {
    ELYTRA_ASSERT(sessions_.empty() && !ports.empty());
    events_ = std::move(events);
    for (auto& port : ports) sessions_.push_back(std::make_unique<Session>(loop_, std::move(port)));
    arm_patience("no session");
    for (const auto& session : sessions_) {
        if (failed_) return;
        session->port->connect([this](const auto& registered) { on_registered(registered); });
    }
}

void TrafficWorker::on_registered(const Result<void, std::string>& registered) {
    if (failed_) return;
    if (!registered.has_value()) return fail(registered.error());
    ++registered_;
    if (registered_ < sessions_.size()) return;
    patience_timer_.cancel();
    for (const auto& session : sessions_) {
        const std::uint32_t accepted = session->port->events_max(wire::Operation::create_transfers);
        if (options_.batch_max > accepted) {
            return fail(fmt::format("batches of {} events: {} are accepted at most",
                                    options_.batch_max, accepted));
        }
    }
    events_.on_registered();
}

// The next accounts that this session creates or looks up.
std::optional<TrafficWorker::AccountRange> TrafficWorker::take_accounts(const Session& session) {
    if (account_next_ == account_end_) return std::nullopt;
    const wire::Operation operation = read_back_auditor_ == nullptr
                                          ? wire::Operation::create_accounts
                                          : wire::Operation::lookup_accounts;
    const std::uint64_t batch = session.port->events_max(operation);
    const AccountRange range{account_next_, std::min(batch, account_end_ - account_next_)};
    account_next_ += range.count;
    return range;
}

void TrafficWorker::create_accounts() {
    if (failed_) return;
    const std::uint64_t count = options_.workload.account_count;
    account_next_ = count * share_.index / share_.count;
    account_end_ = count * (share_.index + 1) / share_.count;
    for (const auto& session : sessions_) create_next_accounts(*session);
    if (at_rest()) events_.on_accounts_created();  // there were fewer accounts than workers
}

void TrafficWorker::create_next_accounts(Session& session) {
    if (const auto failure = session.port->failure()) return fail(*failure);
    const std::optional<AccountRange> range = take_accounts(session);
    if (!range) return;
    session.accounts = *range;
    wire::MessageRef message = session.port->acquire();
    const std::span<wire::Account> accounts =
        wire::element_room<wire::Account>(message->body_capacity());
    for (std::uint64_t index = 0; index < range->count; ++index) {
        accounts[index] = stream_.workload().account(range->first + index);
    }
    client::prepare_request(*message, client::finish_batch(wire::Operation::create_accounts,
                                                           range->count * sizeof(wire::Account),
                                                           message->body_capacity()));
    arm_patience("no answer to the creation of accounts");
    session.port->submit(
        wire::Operation::create_accounts, std::move(message),
        [this, &session](const Reply& reply) { on_accounts_created(session, reply); });
}

void TrafficWorker::on_accounts_created(Session& session, const Reply& reply) {
    if (failed_) return;
    if (!reply.has_value()) return fail(reply.error());
    auditor_.check_created_accounts(session.accounts.first, session.accounts.count, *reply);
    if (!auditor_.findings().empty()) return fail(auditor_.findings().sentences().front());
    create_next_accounts(session);
    if (!at_rest()) return;
    patience_timer_.cancel();
    events_.on_accounts_created();
}

void TrafficWorker::read_back(Auditor& auditor) {
    ELYTRA_ASSERT(finished_);
    if (failed_) return;
    read_back_auditor_ = &auditor;
    account_next_ = 0;
    account_end_ = options_.workload.account_count;
    for (const auto& session : sessions_) {
        if (session->port->idle()) read_next_accounts(*session);
    }
    if (account_next_ == 0) fail("no session is left to read the balances back");
}

void TrafficWorker::read_next_accounts(Session& session) {
    const std::optional<AccountRange> range = take_accounts(session);
    if (!range) return;
    session.accounts = *range;
    wire::MessageRef message = session.port->acquire();
    const std::span<u128> ids = wire::element_room<u128>(message->body_capacity());
    for (std::uint64_t index = 0; index < range->count; ++index) {
        ids[index] = stream_.workload().account_id(range->first + index);
    }
    client::prepare_request(
        *message, client::finish_batch(wire::Operation::lookup_accounts,
                                       range->count * sizeof(u128), message->body_capacity()));
    arm_patience("no answer to the reading of balances");
    session.port->submit(
        wire::Operation::lookup_accounts, std::move(message),
        [this, &session](const Reply& reply) { on_accounts_read(session, reply); });
}

void TrafficWorker::on_accounts_read(Session& session, const Reply& reply) {
    if (failed_) return;
    if (!reply.has_value()) return fail(reply.error());
    read_back_auditor_->check_accounts(session.accounts.first, session.accounts.count, *reply);
    session.accounts = {};
    read_next_accounts(session);
    const bool reading = std::any_of(sessions_.begin(), sessions_.end(),
                                     [](const auto& other) { return other->accounts.count > 0; });
    if (reading) return;
    patience_timer_.cancel();
    events_.on_read_back();
}

void TrafficWorker::arm_patience(const char* step) {
    patience_timer_.start(
        std::chrono::nanoseconds(options_.register_timeout_nanoseconds), [this, step] {
            const auto waiting = std::find_if(sessions_.begin(), sessions_.end(),
                                              [](const auto& one) { return !one->port->idle(); });
            ELYTRA_ASSERT(waiting != sessions_.end());
            fail(fmt::format("{} within {} s: {}", step,
                             options_.register_timeout_nanoseconds / nanoseconds_per_second,
                             (*waiting)->port->describe()));
        });
}

bool TrafficWorker::at_rest() const {
    return std::all_of(sessions_.begin(), sessions_.end(),
                       [](const auto& session) { return session->port->idle(); });
}

void TrafficWorker::fail(const std::string& reason) {
    if (failed_) return;
    failed_ = true;
    pace_timer_.cancel();
    tick_timer_.cancel();
    patience_timer_.cancel();
    for (const auto& session : sessions_) {
        session->timer.cancel();
        session->port->close();
    }
    events_.on_failed(reason);
}

}  // namespace elytra::bench
