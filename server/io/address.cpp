#include "server/io/address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace elytra::io {

namespace {

// What is wrong with one entry; the caller adds which one.
struct Fault {
    std::string_view reason;
    std::string advice;
};

using Parsed = Result<Address, Fault>;

Unexpected<Fault> fault(std::string_view reason, std::string advice) {
    return Unexpected(Fault{reason, std::move(advice)});
}

constexpr std::string_view port_advice = "ports are 0 to 65535 in plain decimal digits";
constexpr std::string_view name_advice =
    "host names are not supported; write an address such as 10.0.0.1:3000";
constexpr std::string_view form_advice = "write 3000, 10.0.0.1, 10.0.0.1:3000, [::1] or [::1]:3000";

bool starts_with_letter(std::string_view text) {
    return !text.empty() &&
           ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc() || stop != end) return {};
    if (digits.size() > 1 && digits[0] == '0') return {};
    return port;
}

// inet_pton() looks nothing up; it refuses zone identifiers and octets with leading zeros by
// itself.
std::optional<std::array<std::uint8_t, 16>> parse_octets(int family, std::string_view text) {
    std::array<std::uint8_t, 16> octets{};
    if (inet_pton(family, std::string(text).c_str(), octets.data()) != 1) return {};
    return octets;
}

std::optional<Address> parse_ipv4(std::string_view text) {
    const auto octets = parse_octets(AF_INET, text);
    if (!octets) return {};
    return Address{.family = AddressFamily::ipv4, .octets = *octets, .port = port_default};
}

// Without a dotted tail. An IPv4 address mapped into IPv6 becomes what it means.
std::optional<Address> parse_ipv6(std::string_view text) {
    if (text.find('.') != std::string_view::npos) return {};
    const auto octets = parse_octets(AF_INET6, text);
    if (!octets) return {};
    constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    Address address{.family = AddressFamily::ipv6, .octets = *octets, .port = port_default};
    if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), octets->begin())) {
        address.family = AddressFamily::ipv4;
        address.octets = {};
        std::copy(octets->begin() + mapped_prefix.size(), octets->end(), address.octets.begin());
    }
    return address;
}

Parsed parse_port_only(std::string_view entry) {
    const auto port = parse_port(entry);
    if (port) return loopback(*port);
    if (starts_with_letter(entry)) {
        return fault("is neither a port nor an IP address", std::string(name_advice));
    }
    return fault("is not a port", std::string(port_advice));
}

Parsed with_port(Address address, std::string_view digits) {
    if (digits.empty()) return fault("has no port after the colon", std::string(port_advice));
    const auto port = parse_port(digits);
    if (!port) return fault("has an invalid port", std::string(port_advice));
    address.port = *port;
    return address;
}

Parsed parse_bracketed(std::string_view entry) {
    const std::size_t close = entry.find(']');
    if (close == std::string_view::npos) {
        return fault("has no closing bracket", std::string(form_advice));
    }
    const std::string_view inside = entry.substr(1, close - 1);
    const std::string_view rest = entry.substr(close + 1);
    if (inside.find('%') != std::string_view::npos) {
        return fault("has a zone identifier", "write an address without one");
    }
    if (parse_ipv4(inside)) {
        return fault("has an IPv4 address in brackets",
                     fmt::format("brackets are for IPv6; write {}{}", inside, rest));
    }
    const auto address = parse_ipv6(inside);
    if (!address) return fault("is not an IPv6 address", std::string(form_advice));
    if (rest.empty()) return *address;
    if (rest[0] != ':') {
        return fault("goes on after the bracket", fmt::format("write [{}]:{}", inside, rest));
    }
    return with_port(*address, rest.substr(1));
}

// IPv6 needs brackets here: nobody could tell whether the last group of ::1:3000 is a port.
Fault explain_colons(std::string_view entry) {
    const std::size_t last = entry.rfind(':');
    const std::string_view head = entry.substr(0, last);
    const std::string_view tail = entry.substr(last + 1);
    std::string advice(form_advice);
    if (parse_ipv6(head) && parse_port(tail)) {
        advice = fmt::format("write [{}]:{}", head, tail);
    } else if (parse_ipv6(entry)) {
        advice = fmt::format("write [{}]", entry);
    }
    return Fault{"has more than one colon, but no brackets", std::move(advice)};
}

Parsed parse_host_and_port(std::string_view entry) {
    const std::size_t colon = entry.find(':');
    const std::string_view host = entry.substr(0, colon);
    const auto address = parse_ipv4(host);
    if (address && colon == std::string_view::npos) return *address;
    if (address) return with_port(*address, entry.substr(colon + 1));
    if (host.empty()) return fault("has no address before the colon", std::string(form_advice));
    if (starts_with_letter(host)) return fault("is not an IP address", std::string(name_advice));
    return fault("is not an IPv4 address", "it has four numbers of 0 to 255 without leading zeros");
}

Parsed parse_entry(std::string_view entry) {
    if (entry.find_first_of(" \t\r\n") != std::string_view::npos) {
        return fault("contains a blank", "separate entries by commas alone");
    }
    if (entry.find("//") != std::string_view::npos) {
        return fault("is a URL", std::string(form_advice));
    }
    if (entry.find_first_of(".:]") == std::string_view::npos && entry[0] != '[') {
        return parse_port_only(entry);
    }
    if (entry[0] == '[') return parse_bracketed(entry);
    if (std::count(entry.begin(), entry.end(), ':') > 1) return Unexpected(explain_colons(entry));
    return parse_host_and_port(entry);
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> entries;
    std::size_t first = 0;
    for (std::size_t comma; (comma = text.find(',', first)) != std::string_view::npos;) {
        entries.push_back(text.substr(first, comma - first));
        first = comma + 1;
    }
    entries.push_back(text.substr(first));
    return entries;
}

// An empty entry is the likelier slip, so it is told before what is wrong with its neighbours.
std::optional<AddressError> check_entries(const std::vector<std::string_view>& entries) {
    for (std::size_t index = 0; index < entries.size(); ++index) {
        if (!entries[index].empty()) continue;
        return AddressError{fmt::format("entry {} is empty", index + 1),
                            "remove the surplus comma"};
    }
    if (entries.size() <= addresses_max) return {};
    return AddressError{fmt::format("the list has {} entries", entries.size()),
                        fmt::format("at most {} are allowed", addresses_max)};
}

}  // namespace

Address loopback(std::uint16_t port) {
    return Address{.family = AddressFamily::ipv4, .octets = {127, 0, 0, 1}, .port = port};
}

std::string to_text(const Address& address) {
    char text[INET6_ADDRSTRLEN]{};
    const bool ipv4 = address.family == AddressFamily::ipv4;
    inet_ntop(ipv4 ? AF_INET : AF_INET6, address.octets.data(), text, sizeof text);
    return ipv4 ? fmt::format("{}:{}", text, address.port)
                : fmt::format("[{}]:{}", text, address.port);
}

Result<AddressList, AddressError> parse_addresses(std::string_view text, AddressUse use) {
    if (text.empty())
        return Unexpected(AddressError{"the list is empty", std::string(form_advice)});
    const std::vector<std::string_view> entries = split(text);
    if (auto error = check_entries(entries)) return Unexpected(std::move(*error));
    AddressList list{.entries = {}, .port_protocol = text == "0"};
    for (std::size_t index = 0; index < entries.size(); ++index) {
        Parsed parsed = parse_entry(entries[index]);
        if (parsed.has_value() && use == AddressUse::connect && parsed->port == 0) {
            parsed =
                fault("has port 0, to which nobody can connect", "name the port of the server");
        }
        if (!parsed.has_value()) {
            return Unexpected(AddressError{
                fmt::format("entry {} \"{}\" {}", index + 1, entries[index], parsed.error().reason),
                parsed.error().advice});
        }
        list.entries.push_back(*parsed);
    }
    return list;
}

std::optional<std::size_t> find_duplicate(const AddressList& list) {
    for (std::size_t index = 1; index < list.entries.size(); ++index) {
        const auto entry = list.entries.begin() + static_cast<std::ptrdiff_t>(index);
        if (entry->port != 0 && std::find(list.entries.begin(), entry, *entry) != entry)
            return index;
    }
    return {};
}

}  // namespace elytra::io
