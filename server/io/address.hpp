#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/common/result.hpp"

namespace elytra::io {

inline constexpr std::uint16_t port_default = 3001;
inline constexpr std::size_t addresses_max = 12;  // six replicas and six standbys

enum class AddressFamily : std::uint8_t { ipv4, ipv6 };

// An IP address and a TCP port; port 0 lets the system choose.
struct Address {
    AddressFamily family = AddressFamily::ipv4;
    std::array<std::uint8_t, 16> octets{};  // network order; of IPv4 the first four, the rest zero
    std::uint16_t port = 0;

    bool operator==(const Address&) const = default;
};

Address loopback(std::uint16_t port);

// "127.0.0.1:3001" or "[::1]:3001".
std::string to_text(const Address& address);

// A server may bind to port 0, nobody can connect to it.
enum class AddressUse : std::uint8_t { serve, connect };

struct AddressList {
    std::vector<Address> entries;  // entry i belongs to replica i
    bool port_protocol = false;    // the list is the one character 0: report the port on stdout
};

struct AddressError {
    std::string reason;  // names the entry: entry 2 "localhost" is not a port number
    std::string advice;
};

// A comma-separated list such as 3000, 10.0.0.1, 10.0.0.1:3000, [::1]:3000.
Result<AddressList, AddressError> parse_addresses(std::string_view text, AddressUse use);

// The index of an entry that is equal to an earlier one, which is surely a slip.
std::optional<std::size_t> find_duplicate(const AddressList& list);

}  // namespace elytra::io
