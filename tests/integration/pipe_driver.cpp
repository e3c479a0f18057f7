// A load driver (bench/load/driver_protocol.md) over io::Client: an example of one that is written
// in C++, and the one that tests measure through.

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/load/driver_protocol.hpp"
#include "server/common/int.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/client.hpp"
#include "server/io/file_error.hpp"
#include "server/io/pipe_pair.hpp"
#include "server/io/signals.hpp"
#include "server/wire/operation.hpp"

namespace {

namespace io = elytra::io;
using elytra::Result;
using elytra::bench::DriverHead;

class PipeDriver {
public:
    PipeDriver(io::asio::io_context& loop, const io::ClientOptions& options)
        : loop_(loop), client_(loop, options), pipes_(loop) {}

    void start() {
        const auto opened =
            pipes_.open(io::FileDescriptor(STDIN_FILENO), io::FileDescriptor(STDOUT_FILENO));
        if (!opened.has_value()) return fail(io::error_text(opened.error()));
        client_.connect([this](const auto& registered) { on_registered(registered); });
    }

    int status() const { return status_; }

private:
    void on_registered(const Result<std::uint32_t, elytra::client::Failure>& registered) {
        if (!registered.has_value()) return fail(io::to_text(registered.error()));
        head_ = encode(elytra::bench::DriverHello{
            .events_max = client_.events_max(elytra::wire::Operation::create_transfers)});
        pipes_.write(head_, {}, [this](const auto& written) { on_written(written); });
    }

    void on_written(const Result<void, int>& written) {
        if (!written.has_value()) return fail(io::error_text(written.error()));
        received_ = 0;
        request_.reset();
        receive();
    }

    // Of the request first the head, then the events.
    void receive() {
        std::span<std::byte> room = request_ ? std::span(events_) : std::span(head_);
        if (received_ < room.size()) {
            return pipes_.read_some(room.subspan(received_),
                                    [this](const auto& read) { on_read(read); });
        }
        if (request_) return submit();
        const auto request = elytra::bench::decode_request(head_);
        if (!request.has_value()) return fail(request.error());
        request_ = *request;
        events_.resize(request->size);
        received_ = 0;
        receive();
    }

    void on_read(const Result<std::size_t, int>& read) {
        if (!read.has_value()) return fail(io::error_text(read.error()));
        if (*read == 0) return end();
        received_ += *read;
        receive();
    }

    void submit() {
        if (client_.failure()) return fail(io::to_text(*client_.failure()));
        const auto operation = static_cast<elytra::wire::Operation>(request_->operation);
        client_.submit(operation, events_, [this](const auto& reply) { on_reply(reply); });
    }

    void on_reply(const Result<io::ClientReply, elytra::client::Failure>& reply) {
        if (!reply.has_value()) return fail(io::to_text(reply.error()));
        const std::span<const std::byte> results = reply->results();
        results_.assign(results.begin(), results.end());
        head_ = encode(elytra::bench::DriverAnswer{
            .number = request_->number, .size = elytra::narrow<std::uint32_t>(results.size())});
        pipes_.write(head_, results_, [this](const auto& written) { on_written(written); });
    }

    void fail(const std::string& reason) {
        fmt::print(stderr, "error: {}\n", reason);
        status_ = EXIT_FAILURE;
        end();
    }

    void end() {
        client_.close();
        loop_.stop();
    }

    io::asio::io_context& loop_;
    io::Client client_;
    int status_ = EXIT_SUCCESS;
    DriverHead head_{};
    std::optional<elytra::bench::DriverRequest> request_;
    std::vector<std::byte> events_;
    std::vector<std::byte> results_;
    std::size_t received_ = 0;  // of the head or of the events
    io::PipePair pipes_;
};

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

// Without a check for numbers of 40 digits, which the generator does not write.
std::optional<elytra::u128> parse_decimal(const std::string& text) {
    elytra::u128 value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    return text.empty() ? std::nullopt : std::optional(value);
}

}  // namespace

int main() {
    io::ignore_write_signals();
    const auto addresses =
        io::parse_addresses(variable("ELYTRA_ADDRESSES"), io::AddressUse::connect);
    const std::optional<elytra::u128> cluster = parse_decimal(variable("ELYTRA_CLUSTER"));
    if (!addresses.has_value() || !cluster.has_value()) {
        fmt::print(stderr, "error: ELYTRA_ADDRESSES and ELYTRA_CLUSTER must name a cluster\n");
        return EXIT_FAILURE;
    }
    io::asio::io_context loop;
    PipeDriver driver(loop,
                      {.addresses = addresses->entries, .cluster = elytra::ClusterId{*cluster}});
    driver.start();
    loop.run();
    return driver.status();
}
