#include "server/io/job_thread.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/job.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::io;
using storage::Compute;
using storage::IoOwner;
using storage::IoToken;

namespace {

IoToken token(std::uint32_t id) { return {.owner = IoOwner::flush, .id = id}; }

// Notes when and where it runs.
class Note final : public Job {
public:
    Note(int number, std::vector<int>& order) : number_(number), order_(order) {}

    void run() override {
        order_.push_back(number_);
        thread_ = std::this_thread::get_id();
    }

    std::thread::id thread() const { return thread_; }

private:
    int number_;
    std::vector<int>& order_;
    std::thread::id thread_;
};

// Runs until it is told to end.
class Hold final : public Job {
public:
    void run() override {
        began_.store(true);
        began_.notify_one();
        ends_.wait(false);
        ended_.store(true);
    }

    void wait_until_begun() const { began_.wait(false); }

    void end() {
        ends_.store(true);
        ends_.notify_one();
    }

    bool ended() const { return ended_.load(); }

private:
    std::atomic<bool> began_ = false;
    std::atomic<bool> ends_ = false;
    std::atomic<bool> ended_ = false;
};

}  // namespace

TEST_CASE("jobs run in order on a thread of their own and are reported to the loop") {
    asio::io_context loop;
    std::vector<std::uint32_t> reported;
    JobThread thread(loop, [&](std::span<const IoCompletion> done) {
        for (const IoCompletion& completion : done) reported.push_back(completion.token.id);
    });
    std::vector<int> order;
    std::vector<std::unique_ptr<Note>> notes;
    std::vector<Compute> computes;
    for (int number = 0; number < 50; ++number) {
        notes.push_back(std::make_unique<Note>(number, order));
        computes.push_back(
            {.job = notes.back().get(), .token = token(static_cast<std::uint32_t>(number))});
    }
    thread.submit(std::span(computes).first(20));
    thread.submit(std::span(computes).subspan(20));
    CHECK(reported.empty());
    loop.run();  // ends when nothing is under way any more
    REQUIRE(reported.size() == 50);
    REQUIRE(order.size() == 50);
    for (std::size_t index = 0; index < 50; ++index) {
        CHECK(order[index] == static_cast<int>(index));
        CHECK(reported[index] == index);
    }
    CHECK(notes.front()->thread() != std::this_thread::get_id());
    CHECK(notes.front()->thread() == notes.back()->thread());
}

TEST_CASE("a completion may submit the next job") {
    asio::io_context loop;
    std::vector<int> order;
    Note first(1, order);
    Note second(2, order);
    JobThread* jobs = nullptr;
    JobThread thread(loop, [&](std::span<const IoCompletion> done) {
        if (done.front().token.id != 1) return;
        const Compute next{.job = &second, .token = token(2)};
        jobs->submit({&next, 1});
    });
    jobs = &thread;
    const Compute begin{.job = &first, .token = token(1)};
    thread.submit({&begin, 1});
    loop.run();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("the end waits for the job that runs and leaves out the others") {
    asio::io_context loop;
    bool reported = false;
    Hold running;
    std::vector<int> order;
    Note waiting(1, order);
    auto thread =
        std::make_unique<JobThread>(loop, [&](std::span<const IoCompletion>) { reported = true; });
    const Compute computes[] = {{.job = &running, .token = token(1)},
                                {.job = &waiting, .token = token(2)}};
    thread->submit(computes);
    running.wait_until_begun();
    std::thread ending([&] { thread.reset(); });
    running.end();
    ending.join();
    CHECK(running.ended());
    CHECK_FALSE(reported);
}

TEST_CASE("a thread without jobs ends at once and keeps no loop running") {
    asio::io_context loop;
    {
        JobThread thread(loop, [](std::span<const IoCompletion>) {});
    }
    CHECK(loop.run() == 0);
}
