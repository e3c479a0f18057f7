#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/common/strong.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/client.hpp"
#include "server/wire/release.hpp"

namespace elytractl::process {

struct ProbeTarget {
    std::vector<elytra::io::Address> addresses;
    elytra::ClusterId cluster{};
    elytra::wire::Release release = elytra::wire::release_server;
};

struct ProbeEvents {
    std::function<void()> on_served;
    std::function<void(const std::string& reason)> on_refused;  // for good
};

// Whether a cluster serves: registers a session and looks up one account. Asks until it is answered
// or destroyed. Must not be destroyed by its own events.
class Probe {
public:
    Probe(elytra::io::asio::io_context& loop, const ProbeTarget& target, ProbeEvents events);

    void start();  // once

    // No further events.
    void close() { client_.close(); }

    // How it stands with each address, for the text of a time-out.
    std::string describe() const { return client_.describe_links(); }

private:
    void look_up();

    elytra::io::Client client_;
    ProbeEvents events_;
};

}  // namespace elytractl::process
