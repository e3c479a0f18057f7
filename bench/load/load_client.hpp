#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "bench/load/stage_work.hpp"
#include "server/common/time.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/client.hpp"
#include "server/io/timer.hpp"
#include "server/wire/message.hpp"

namespace elytra::bench {

// One answered request.
struct Answer {
    std::uint64_t request = 0;
    std::uint64_t nanoseconds = 0;  // from sending to the answer
    std::span<const std::byte> results;
};

// Where the clients of a load get their requests from and what they report to.
class LoadSource {
public:
    // The next request of the present stage; none when all are taken.
    virtual std::optional<std::uint64_t> take_request() = 0;
    virtual const StageWork& work() const = 0;

    virtual void on_registered(std::uint64_t nanoseconds) = 0;
    virtual void on_answer(const Answer& answer) = 0;
    // The client has no request of this stage left.
    virtual void on_stage_finished() = 0;
    virtual void on_failed(const std::string& reason) = 0;

protected:
    ~LoadSource() = default;
};

// One session that sends requests as fast as they are answered. While one is in flight, the next is
// written and its checksum computed.
class LoadClient {
public:
    LoadClient(io::asio::io_context& loop, const io::ClientOptions& options, LoadSource& source);
    LoadClient(const LoadClient&) = delete;
    LoadClient& operator=(const LoadClient&) = delete;

    void connect();

    // Takes requests until there are none. A pause, in nanoseconds, follows every answer.
    // Requires: registered, the stage before is finished.
    void run_stage(std::uint64_t pause_nanoseconds);

    void close();

    const io::Client& client() const { return client_; }

private:
    struct Prepared {
        std::uint64_t request = 0;
        wire::MessageRef message;
    };

    void prepare_next();
    void send_prepared();
    void on_reply(const Result<io::ClientReply, client::Failure>& reply);
    void pause();

    LoadSource& source_;
    io::Client client_;
    io::Timer prepare_timer_;
    io::Timer pause_timer_;
    std::uint64_t pause_nanoseconds_ = 0;
    std::optional<Prepared> prepared_;
    std::uint64_t request_in_flight_ = 0;
    Instant sent_;
};

}  // namespace elytra::bench
