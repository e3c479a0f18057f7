#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_client.hpp"
#include "bench/load/load_options.hpp"
#include "bench/load/load_result.hpp"
#include "bench/load/stage_work.hpp"
#include "bench/workload/workload.hpp"
#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/timer.hpp"

namespace elytra::bench {

struct LoadProgress {
    Stage stage = Stage::register_sessions;
    std::uint64_t done = 0;  // events, or sessions
    std::uint64_t total = 0;
    std::uint64_t events_per_second = 0;  // since the stage began
};

struct BatchTiming {
    std::uint64_t index = 0;
    std::uint64_t transfers = 0;
    std::uint64_t microseconds = 0;
};

// What a front end may want to hear of a running load. Both may be empty.
struct LoadObserver {
    std::function<void(const LoadProgress&)>
        on_progress;                                   // ten times a second and at each stage's end
    std::function<void(const BatchTiming&)> on_batch;  // after each batch of transfers
};

// Runs the stages of a load one after another against a cluster, as a closed loop: each client
// sends its next request when the one before is answered. Ends after the first stage with a
// finding. Lives on its io_context.
class LoadGenerator final : private LoadSource {
public:
    using OnDone = std::function<void(LoadResult)>;

    // Requires: validate(options), 1 to wire::addresses_max addresses.
    LoadGenerator(io::asio::io_context& loop, const LoadOptions& options,
                  const std::vector<io::Address>& addresses, LoadObserver observer);
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;
    ~LoadGenerator();

    // Once. `on_done` is called from the loop, as the last thing.
    void start(OnDone on_done);

    // Closes all connections. Nothing is reported any more.
    void stop();

private:
    std::optional<std::uint64_t> take_request() override;

    const StageWork& work() const override { return *work_; }

    void on_registered(std::uint64_t nanoseconds) override;
    void on_answer(const Answer& answer) override;
    void on_stage_finished() override;
    void on_failed(const std::string& reason) override;

    void begin_stage(Stage stage);
    void end_stage();
    std::optional<Stage> stage_after(Stage stage) const;
    bool batches_fit();
    void finish();
    void report_done();
    void on_register_timeout();
    void arm_progress_timer();
    void report_progress();
    std::uint64_t elapsed() const;

    LoadOptions options_;
    LoadObserver observer_;
    Workload workload_;
    io::Timer register_timer_;
    io::Timer progress_timer_;
    io::Timer next_step_;  // for what has to wait until the present answer is handled
    std::vector<std::unique_ptr<LoadClient>> clients_;
    OnDone on_done_;

    Checks checks_;
    LoadResult result_;
    Stage stage_ = Stage::register_sessions;
    std::optional<StageWork> work_;  // of every stage but the first
    std::uint64_t request_next_ = 0;
    std::size_t clients_finished_ = 0;
    Instant start_;
    bool stopped_ = false;
};

}  // namespace elytra::bench
