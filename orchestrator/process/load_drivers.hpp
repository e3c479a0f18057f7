#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/load/driver_port.hpp"
#include "orchestrator/run/outcome.hpp"
#include "orchestrator/run/runner.hpp"
#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/timer.hpp"

namespace elytractl::process {

struct LoadDriversOptions {
    std::string command;  // of a shell, as in the run file
    std::uint32_t count = 1;
    std::vector<elytra::io::Address> addresses;
    elytra::ClusterId cluster{};
    std::string log_prefix;  // the log of driver 3 is "<log_prefix>d3.log"
};

// The external drivers of one load, a process for each client, from their start to their end. Their
// pipes belong to whoever drives the load; they are told to end by having them closed. The
// destructor ends and reaps what still runs. Lives on the main thread.
class LoadDrivers {
public:
    // `on_ended` is called from the loop once all have ended after stop().
    LoadDrivers(elytra::io::asio::io_context& loop, LoadDriversOptions options,
                std::function<void()> on_ended);
    LoadDrivers(const LoadDrivers&) = delete;
    LoadDrivers& operator=(const LoadDrivers&) = delete;
    ~LoadDrivers();

    // The pipes in the order of the sessions, or why there is no such driver. Once, first.
    elytra::Result<std::vector<elytra::bench::DriverPipes>, std::string> start();

    void begin_measurement();
    void end_measurement();

    // Their pipes are closed. Whoever has not ended after a while is killed.
    void stop();

    // At once. Nothing is reported any more, but ended() follows.
    void kill();

    // Whether no process of them is there that could still be ended.
    bool ended() const;

    // What has to be said of their end: after a load without errors, of those that did not end as
    // told; after one that failed, also the last words of the others, and first of whom an error
    // names. Requires: ended().
    std::vector<std::string> troubles(std::span<const std::string> errors) const;

    std::vector<run::DriverOutcome> take_outcomes();

private:
    struct Driver;

    elytra::Result<elytra::bench::DriverPipes, std::string> start(std::uint32_t index);
    std::vector<std::string> environment(std::uint32_t index) const;
    void on_exit(Driver& driver, const elytra::io::ChildExit& exit);
    void on_complete(Driver& driver);
    void report_when_ended();
    void on_patience_over();
    void kill_all();
    void give_up();

    elytra::io::asio::io_context& loop_;
    LoadDriversOptions options_;
    std::function<void()> on_ended_;
    bool told_to_end_ = false;
    elytra::Instant measurement_begin_;
    std::vector<std::unique_ptr<Driver>> drivers_;
    elytra::io::Timer patience_;
};

}  // namespace elytractl::process
