#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/load/driver_protocol.hpp"
#include "bench/load/traffic_port.hpp"
#include "server/io/asio.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/pipe_pair.hpp"

namespace elytra::bench {

// Our ends of the pipes of a driver that runs.
struct DriverPipes {
    std::string name;           // "driver d3", for texts
    io::FileDescriptor input;   // what it writes
    io::FileDescriptor output;  // what it reads
};

// A session that an external driver has, behind its pipes. Whatever the driver does ends in an
// answer or in a failure, once; that it does nothing is for others to notice.
class DriverPort final : public TrafficPort {
public:
    DriverPort(io::asio::io_context& loop, DriverPipes pipes);

    void connect(OnReady on_ready) override;
    wire::MessageRef acquire() override;
    void submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) override;
    void close() override;

    bool idle() const override { return state_ == State::idle; }

    std::optional<std::string> failure() const override { return failure_; }

    std::uint32_t events_max(wire::Operation operation) const override;
    std::string describe() const override;

private:
    enum class State : std::uint8_t { created, greeting, idle, answering, ended };

    void read_next();
    void on_read(const Result<std::size_t, int>& read);
    void on_input_ended();
    void on_head();
    void on_hello();
    void on_answer_head();
    void on_answer();
    void on_written(const Result<void, int>& written);
    void fail(const std::string& reason);
    std::string request_text() const;

    DriverPipes opening_;  // until connect()
    std::string name_;
    wire::MessagePool messages_;
    wire::MessageRef answer_;  // room for its results
    State state_ = State::created;
    std::uint32_t events_max_ = 0;
    std::optional<std::string> failure_;

    DriverRequest asked_;  // in flight, as are the next ones
    DriverHead asked_head_{};
    wire::MessageRef request_;
    std::uint64_t results_max_ = 0;
    bool written_ = true;

    DriverHead head_{};  // that is being received
    std::size_t head_received_ = 0;
    std::size_t results_size_ = 0;  // of the answer whose head is complete
    std::size_t results_received_ = 0;

    OnReady on_ready_;
    OnReply on_reply_;
    io::PipePair pipes_;
};

}  // namespace elytra::bench
