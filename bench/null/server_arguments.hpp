#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/common/result.hpp"
#include "server/io/address.hpp"

namespace elytra::bench {

enum class ServerVerb : std::uint8_t { format, start, version };

// A server's command line as far as a stand-in has to understand it.
struct ServerArguments {
    ServerVerb verb = ServerVerb::version;
    io::AddressList addresses;  // of start
    std::string path;           // of format and start
};

// Whoever starts a server may give it any flag that one has; all but --addresses have no effect on
// a stand-in. The error is one line without its "error: ".
Result<ServerArguments, std::string> parse_server_arguments(
    std::span<const std::string_view> arguments);

}  // namespace elytra::bench
