#include "tests/support/fake_driver.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/status.hpp"

namespace elytra::test {
namespace {

using bench::DriverAnswer;
using bench::DriverHello;
using bench::DriverRequest;
using wire::Operation;

constexpr std::uint32_t events_max = 100;

std::size_t events_of(const DriverRequest& request) {
    return request.size / wire::traits_of(static_cast<Operation>(request.operation)).event_size;
}

FakeDriver::Bytes right_answer(const DriverRequest& request) {
    const auto operation = static_cast<Operation>(request.operation);
    const bool creates =
        operation == Operation::create_accounts || operation == Operation::create_transfers;
    std::vector<wire::CreateResult> results(creates ? events_of(request) : 0);
    for (std::size_t index = 0; index < results.size(); ++index) {
        results[index] = {
            .timestamp = index + 1,
            .status = static_cast<std::uint32_t>(wire::CreateTransferStatus::created)};
    }
    const std::span<const std::byte> bytes = std::as_bytes(std::span(results));
    const bench::DriverHead head =
        encode(DriverAnswer{.number = request.number, .size = narrow<std::uint32_t>(bytes.size())});
    FakeDriver::Bytes answer(head.size() + bytes.size());
    std::ranges::copy(head, answer.begin());
    std::ranges::copy(bytes, answer.begin() + head.size());
    return answer;
}

}  // namespace

FakeDriver::Bytes bytes_of(const bench::DriverHead& head) { return {head.begin(), head.end()}; }

FakeDriver::FakeDriver(io::asio::io_context& loop, std::string name)
    : hello(bytes_of(encode(DriverHello{.events_max = events_max}))), loop_(loop), own_(loop) {
    std::array<int, 2> to_driver{};
    std::array<int, 2> from_driver{};
    REQUIRE(pipe2(to_driver.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(from_driver.data(), O_CLOEXEC) == 0);
    pipes_ = {.name = std::move(name),
              .input = io::FileDescriptor(from_driver[0]),
              .output = io::FileDescriptor(to_driver[1])};
    REQUIRE(own_.open(io::FileDescriptor(to_driver[0]), io::FileDescriptor(from_driver[1]))
                .has_value());
    io::asio::post(loop, [this] { start(); });
}

void FakeDriver::start() {
    receive();
    if (!hello.empty()) say(hello);
}

void FakeDriver::say(Bytes bytes) {
    said_ = std::move(bytes);
    own_.write(said_, {}, [](const auto&) {});
}

void FakeDriver::receive() {
    const std::size_t head_size = head_.size();
    const std::span<std::byte> room = received_ < head_size
                                          ? std::span(head_).subspan(received_)
                                          : std::span(events_).subspan(received_ - head_size);
    own_.read_some(room, [this](const auto& read) { on_read(read); });
}

void FakeDriver::on_read(const Result<std::size_t, int>& read) {
    if (!read.has_value() || *read == 0) {
        input_ended = true;
        return;
    }
    received_ += *read;
    if (received_ < head_.size()) return receive();
    const auto request = bench::decode_request(head_);
    REQUIRE(request.has_value());
    events_.resize(request->size);
    if (received_ < head_.size() + events_.size()) return receive();
    on_request(*request);
}

void FakeDriver::on_request(const DriverRequest& request) {
    ++requests_received;
    received_ = 0;
    receive();
    const Bytes right = right_answer(request);
    const Bytes said = answer ? answer(request, right) : right;
    if (!said.empty()) say(said);
}

}  // namespace elytra::test
