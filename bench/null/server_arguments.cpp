#include "bench/null/server_arguments.hpp"

#include <array>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

namespace elytra::bench {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> verb_names{"format", "start", "version"};

constexpr std::string_view addresses_flag = "--addresses=";

std::optional<ServerVerb> verb_of(std::string_view text) {
    for (std::size_t index = 0; index < verb_names.size(); ++index) {
        if (verb_names[index] == text) return static_cast<ServerVerb>(index);
    }
    return std::nullopt;
}

Result<void, std::string> take(std::string_view argument, ServerArguments& arguments) {
    if (argument.starts_with(addresses_flag)) {
        const auto addresses =
            io::parse_addresses(argument.substr(addresses_flag.size()), io::AddressUse::serve);
        if (!addresses.has_value()) {
            return Unexpected(fmt::format("--addresses: {}", addresses.error().reason));
        }
        arguments.addresses = *addresses;
        return {};
    }
    if (argument.starts_with("--")) return {};
    if (!arguments.path.empty()) return Unexpected(fmt::format("more than one path: {}", argument));
    arguments.path = argument;
    return {};
}

}  // namespace

Result<ServerArguments, std::string> parse_server_arguments(
    std::span<const std::string_view> arguments) {
    const auto verb = arguments.empty() ? std::nullopt : verb_of(arguments.front());
    if (!verb.has_value()) return Unexpected<std::string>("expected format, start or version");
    ServerArguments parsed{
        .verb = *verb, .addresses = {{io::loopback(io::port_default)}}, .path = {}};
    for (const std::string_view argument : arguments.subspan(1)) {
        const auto taken = take(argument, parsed);
        if (!taken.has_value()) return Unexpected(taken.error());
    }
    if (parsed.path.empty() && *verb != ServerVerb::version) {
        return Unexpected(fmt::format("{}: a path is missing", arguments.front()));
    }
    return parsed;
}

}  // namespace elytra::bench
