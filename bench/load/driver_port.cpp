#include "bench/load/driver_port.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/file_error.hpp"
#include "server/wire/body.hpp"
#include "server/wire/multi_batch.hpp"

namespace elytra::bench {
namespace {

// The request in flight, the one prepared next, and room for an answer.
constexpr std::size_t messages_max = 3;

// The events of the only batch of a request, without the trailer.
std::span<const std::byte> events_of(wire::Operation operation, const wire::Message& request) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (traits.encoding == wire::Encoding::plain) return request.body();
    auto batches = wire::MultiBatchDecoder::decode(request.body(), traits.event_size);
    ELYTRA_ASSERT(batches.has_value() && batches->batch_count() == 1);
    return *batches->next();
}

}  // namespace

DriverPort::DriverPort(io::asio::io_context& loop, DriverPipes pipes)
    : opening_(std::move(pipes)),
      name_(opening_.name),
      messages_(messages_max, wire::message_size_max),
      answer_(messages_.acquire()),
      pipes_(loop) {}

void DriverPort::connect(OnReady on_ready) {
    ELYTRA_ASSERT(state_ == State::created);
    state_ = State::greeting;
    on_ready_ = std::move(on_ready);
    const auto opened = pipes_.open(std::move(opening_.input), std::move(opening_.output));
    if (!opened.has_value()) {
        return fail(fmt::format("its pipes cannot be used: {}", io::error_text(opened.error())));
    }
    read_next();
}

wire::MessageRef DriverPort::acquire() {
    ELYTRA_ASSERT(!messages_.empty());
    return messages_.acquire();
}

void DriverPort::submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) {
    ELYTRA_ASSERT(state_ == State::idle);
    state_ = State::answering;
    on_reply_ = std::move(on_reply);
    request_ = std::move(request);
    const std::span<const std::byte> events = events_of(operation, *request_);
    asked_ = {.number = asked_.number + 1,
              .operation = static_cast<std::uint32_t>(operation),
              .size = narrow<std::uint32_t>(events.size())};
    asked_head_ = encode(asked_);
    results_max_ = wire::results_expected_max(operation, request_->body());
    written_ = false;
    pipes_.write(asked_head_, events, [this](const auto& written) { on_written(written); });
}

void DriverPort::on_written(const Result<void, int>& written) {
    if (!written.has_value()) {
        return fail(fmt::format("it does not take {}: {}", request_text(),
                                io::error_text(written.error())));
    }
    written_ = true;
}

// The head and the results are read apart, so that the room for results is written to only when
// nobody looks at the ones before any more.
void DriverPort::read_next() {
    const bool in_head = head_received_ < head_.size();
    const std::span<std::byte> room =
        in_head ? std::span(head_).subspan(head_received_)
                : answer_->body_capacity().first(results_size_).subspan(results_received_);
    pipes_.read_some(room, [this](const auto& read) { on_read(read); });
}

void DriverPort::on_read(const Result<std::size_t, int>& read) {
    if (!read.has_value()) {
        return fail(fmt::format("it cannot be read: {}", io::error_text(read.error())));
    }
    if (*read == 0) return on_input_ended();
    if (head_received_ == head_.size()) {
        results_received_ += *read;
    } else {
        head_received_ += *read;
        if (head_received_ < head_.size()) return read_next();
        return on_head();
    }
    if (results_received_ < results_size_) return read_next();
    on_answer();
}

void DriverPort::on_input_ended() {
    const std::string awaited = events_max_ == 0             ? "its hello"
                                : state_ != State::answering ? "the end of its input"
                                                             : "the answer to " + request_text();
    fail(fmt::format("its output ended {} {}", head_received_ > 0 ? "within" : "before", awaited));
}

void DriverPort::on_head() {
    switch (state_) {
        case State::greeting:
            return on_hello();
        case State::idle:
            return fail("it answered although nothing was asked");
        case State::answering:
            return on_answer_head();
        case State::created:
        case State::ended:
            break;
    }
    ELYTRA_ASSERT(false);
}

void DriverPort::on_hello() {
    const Result<DriverHello, std::string> hello = decode_hello(head_);
    if (!hello.has_value()) return fail(hello.error());
    events_max_ = hello->events_max;
    state_ = State::idle;
    head_received_ = 0;
    read_next();
    const OnReady report = std::exchange(on_ready_, nullptr);
    report({});
}

void DriverPort::on_answer_head() {
    if (!written_)
        return fail(fmt::format("it answered before it had read all of {}", request_text()));
    const Result<DriverAnswer, std::string> answer = decode_answer(head_, asked_, results_max_);
    if (!answer.has_value()) return fail(answer.error());
    results_size_ = answer->size;
    results_received_ = 0;
    if (results_size_ == 0) return on_answer();
    read_next();
}

void DriverPort::on_answer() {
    state_ = State::idle;
    request_.reset();
    head_received_ = 0;
    read_next();
    const OnReply report = std::exchange(on_reply_, nullptr);
    report(std::span<const std::byte>(answer_->body_capacity().first(results_size_)));
}

void DriverPort::fail(const std::string& reason) {
    failure_ = fmt::format("{}: {}", name_, reason);
    close();
    if (on_ready_) return std::exchange(on_ready_, nullptr)(Unexpected(*failure_));
    if (on_reply_) std::exchange(on_reply_, nullptr)(Unexpected(*failure_));
}

void DriverPort::close() {
    state_ = State::ended;
    pipes_.close();
    opening_ = {};
}

std::uint32_t DriverPort::events_max(wire::Operation operation) const {
    ELYTRA_ASSERT(events_max_ > 0);
    return std::min(events_max_, wire::events_max(operation, wire::body_size_max));
}

std::string DriverPort::request_text() const {
    const auto operation = static_cast<wire::Operation>(asked_.operation);
    return fmt::format("request {} ({})", asked_.number, wire::traits_of(operation).name);
}

std::string DriverPort::describe() const {
    if (state_ == State::idle) return name_ + ": nothing is asked of it";
    return fmt::format(
        "{}: {} is missing", name_,
        state_ == State::answering ? "the answer to " + request_text() : "its hello");
}

}  // namespace elytra::bench
