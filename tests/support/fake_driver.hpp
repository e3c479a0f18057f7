#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/driver_port.hpp"
#include "bench/load/driver_protocol.hpp"
#include "server/io/asio.hpp"
#include "server/io/pipe_pair.hpp"

namespace elytra::test {

// A driver in the test's own process, on the loop of the test. It says hello at once, creates
// whatever is asked for, and finds nothing; a test can say anything in its place.
class FakeDriver {
public:
    explicit FakeDriver(io::asio::io_context& loop, std::string name = "driver d0");

    // Our generator's ends of its pipes. Once.
    bench::DriverPipes take_pipes() { return std::move(pipes_); }

    // What is answered to a request: a head, and results behind it. The right one by default.
    using Bytes = std::vector<std::byte>;
    std::function<Bytes(const bench::DriverRequest&, const Bytes& right)> answer;

    // The hello; nothing is said while it is empty. Before the pipes are used.
    Bytes hello;

    // Says it, whatever it is.
    void say(Bytes bytes);

    // Ends both directions.
    void end() { own_.close(); }

    std::uint32_t requests_received = 0;
    bool input_ended = false;

private:
    void start();
    void receive();
    void on_read(const Result<std::size_t, int>& read);
    void on_request(const bench::DriverRequest& request);

    io::asio::io_context& loop_;
    bench::DriverPipes pipes_;
    bench::DriverHead head_{};
    Bytes events_;
    Bytes said_;
    std::size_t received_ = 0;  // of head and events
    io::PipePair own_;
};

// The bytes of a head as they travel.
FakeDriver::Bytes bytes_of(const bench::DriverHead& head);

}  // namespace elytra::test
