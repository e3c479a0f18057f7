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

void TrafficWorker::connect(const std::vector<io::Address>& addresses, WorkerEvents events) {
    ELYTRA_ASSERT(sessions_.empty());
    events_ = std::move(events);
    const io::ClientOptions client_options{
        .addresses = addresses, .cluster = options_.cluster, .release = options_.release};
    for (std::uint32_t index = share_.index; index < options_.clients; index += share_.count) {
        sessions_.push_back(std::make_unique<Session>(loop_, client_options));
    }
    arm_patience("no session");
    for (const auto& session : sessions_) {
        session->client.connect([this](const auto& registered) { on_registered(registered); });
    }
}

void TrafficWorker::on_registered(Result<std::uint32_t, client::Failure> registered) {
    if (failed_) return;
    if (!registered.has_value()) return fail(io::to_text(registered.error()));
    ++registered_;
    if (registered_ < sessions_.size()) return;
    patience_timer_.cancel();
    const io::Client& client = sessions_.front()->client;
    const std::uint32_t accepted = client.events_max(wire::Operation::create_transfers);
    if (options_.batch_max > accepted) {
        return fail(fmt::format("batches of {} events: the server takes {} at most",
                                options_.batch_max, accepted));
    }
    events_.on_registered();
}

// Each worker takes every n-th batch.
std::optional<TrafficWorker::AccountRange> TrafficWorker::take_accounts(std::uint64_t stride) {
    const std::uint64_t count = options_.workload.account_count;
    if (account_next_ >= count) return std::nullopt;
    const wire::Operation operation = read_back_auditor_ == nullptr
                                          ? wire::Operation::create_accounts
                                          : wire::Operation::lookup_accounts;
    const std::uint64_t batch = sessions_.front()->client.events_max(operation);
    const AccountRange range{account_next_, std::min(batch, count - account_next_)};
    account_next_ += batch * stride;
    return range;
}

void TrafficWorker::create_accounts() {
    if (failed_) return;
    const io::Client& client = sessions_.front()->client;
    account_next_ = client.events_max(wire::Operation::create_accounts) * share_.index;
    for (const auto& session : sessions_) create_next_accounts(*session);
    if (at_rest()) events_.on_accounts_created();  // there were fewer batches than workers
}

void TrafficWorker::create_next_accounts(Session& session) {
    if (session.client.failure()) return fail(io::to_text(*session.client.failure()));
    const std::optional<AccountRange> range = take_accounts(share_.count);
    if (!range) return;
    session.accounts = *range;
    wire::MessageRef message = session.client.acquire();
    const std::span<wire::Account> accounts =
        wire::element_room<wire::Account>(message->body_capacity());
    for (std::uint64_t index = 0; index < range->count; ++index) {
        accounts[index] = stream_.workload().account(range->first + index);
    }
    client::prepare_request(*message, client::finish_batch(wire::Operation::create_accounts,
                                                           range->count * sizeof(wire::Account),
                                                           message->body_capacity()));
    arm_patience("no answer to the creation of accounts");
    session.client.submit(
        wire::Operation::create_accounts, std::move(message),
        [this, &session](const Reply& reply) { on_accounts_created(session, reply); });
}

void TrafficWorker::on_accounts_created(Session& session, const Reply& reply) {
    if (failed_) return;
    if (!reply.has_value()) return fail(io::to_text(reply.error()));
    auditor_.check_created_accounts(session.accounts.first, session.accounts.count,
                                    reply->results());
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
    for (const auto& session : sessions_) {
        if (session->client.idle()) read_next_accounts(*session);
    }
    if (account_next_ == 0) fail("no session is left to read the balances back");
}

void TrafficWorker::read_next_accounts(Session& session) {
    const std::optional<AccountRange> range = take_accounts(1);
    if (!range) return;
    session.accounts = *range;
    wire::MessageRef message = session.client.acquire();
    const std::span<u128> ids = wire::element_room<u128>(message->body_capacity());
    for (std::uint64_t index = 0; index < range->count; ++index) {
        ids[index] = stream_.workload().account_id(range->first + index);
    }
    client::prepare_request(
        *message, client::finish_batch(wire::Operation::lookup_accounts,
                                       range->count * sizeof(u128), message->body_capacity()));
    arm_patience("no answer to the reading of balances");
    session.client.submit(
        wire::Operation::lookup_accounts, std::move(message),
        [this, &session](const Reply& reply) { on_accounts_read(session, reply); });
}

void TrafficWorker::on_accounts_read(Session& session, const Reply& reply) {
    if (failed_) return;
    if (!reply.has_value()) return fail(io::to_text(reply.error()));
    read_back_auditor_->check_accounts(session.accounts.first, session.accounts.count,
                                       reply->results());
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
            fail(fmt::format("{} within {} s: {}", step,
                             options_.register_timeout_nanoseconds / nanoseconds_per_second,
                             sessions_.front()->client.describe_links()));
        });
}

bool TrafficWorker::at_rest() const {
    return std::all_of(sessions_.begin(), sessions_.end(),
                       [](const auto& session) { return session->client.idle(); });
}

void TrafficWorker::fail(const std::string& reason) {
    if (failed_) return;
    failed_ = true;
    pace_timer_.cancel();
    tick_timer_.cancel();
    patience_timer_.cancel();
    for (const auto& session : sessions_) {
        session->timer.cancel();
        session->client.close();
    }
    events_.on_failed(reason);
}

}  // namespace elytra::bench
