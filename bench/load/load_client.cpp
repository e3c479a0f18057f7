#include "bench/load/load_client.hpp"

#include <chrono>
#include <utility>

#include "server/client/request.hpp"
#include "server/common/assert.hpp"
#include "server/io/clock.hpp"

namespace elytra::bench {

LoadClient::LoadClient(io::asio::io_context& loop, const io::ClientOptions& options,
                       LoadSource& source)
    : source_(source), client_(loop, options), prepare_timer_(loop), pause_timer_(loop) {}

void LoadClient::connect() {
    sent_ = io::monotonic_now();
    client_.connect([this](const auto& registered) {
        if (!registered.has_value()) return source_.on_failed(io::to_text(registered.error()));
        source_.on_registered(io::monotonic_now().nanoseconds - sent_.nanoseconds);
    });
}

void LoadClient::run_stage(std::uint64_t pause_nanoseconds) {
    ELYTRA_ASSERT(!prepared_);
    pause_nanoseconds_ = pause_nanoseconds;
    prepare_next();
    if (!prepared_) return source_.on_stage_finished();
    send_prepared();
}

void LoadClient::close() {
    prepare_timer_.cancel();
    pause_timer_.cancel();
    client_.close();
}

void LoadClient::prepare_next() {
    if (prepared_) return;
    const std::optional<std::uint64_t> request = source_.take_request();
    if (!request.has_value()) return;
    const StageWork& work = source_.work();
    wire::MessageRef message = client_.acquire();
    const std::size_t size = work.write(*request, message->body_capacity());
    client::prepare_request(*message,
                            client::finish_batch(work.operation(), size, message->body_capacity()));
    prepared_ = Prepared{*request, std::move(message)};
}

void LoadClient::send_prepared() {
    // An eviction between two requests has been told to nobody yet.
    if (client_.failure()) return source_.on_failed(io::to_text(*client_.failure()));
    Prepared prepared = std::move(*prepared_);
    prepared_.reset();
    request_in_flight_ = prepared.request;
    sent_ = io::monotonic_now();
    client_.submit(source_.work().operation(), std::move(prepared.message),
                   [this](const auto& reply) { on_reply(reply); });
    // After this handler, which leaves the bytes of the request on their way.
    prepare_timer_.start({}, [this] { prepare_next(); });
}

void LoadClient::on_reply(const Result<io::ClientReply, client::Failure>& reply) {
    if (!reply.has_value()) return source_.on_failed(io::to_text(reply.error()));
    const Answer answer{.request = request_in_flight_,
                        .nanoseconds = io::monotonic_now().nanoseconds - sent_.nanoseconds,
                        .results = reply->results()};
    // The server works on the next request while this answer is checked.
    const bool sends_at_once = pause_nanoseconds_ == 0 && prepared_.has_value();
    if (sends_at_once) send_prepared();
    source_.on_answer(answer);
    if (sends_at_once) return;
    prepare_next();
    if (!prepared_) return source_.on_stage_finished();
    if (pause_nanoseconds_ > 0) return pause();
    send_prepared();
}

void LoadClient::pause() {
    pause_timer_.start(std::chrono::nanoseconds(pause_nanoseconds_), [this] { send_prepared(); });
}

}  // namespace elytra::bench
