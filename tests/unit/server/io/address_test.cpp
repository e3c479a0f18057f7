#include "server/io/address.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace elytra::io;

namespace {

std::string joined(const AddressList& list) {
    std::string text;
    for (const Address& address : list.entries) {
        text += (text.empty() ? "" : ",") + to_text(address);
    }
    return text;
}

}  // namespace

TEST_CASE("an address list is understood in all its forms") {
    struct Row {
        std::string_view text;
        std::string_view addresses;
    };

    const Row rows[] = {
        {"3000", "127.0.0.1:3000"},
        {"65535", "127.0.0.1:65535"},
        {"0", "127.0.0.1:0"},
        {"10.0.0.1", "10.0.0.1:3001"},
        {"10.0.0.1:3000", "10.0.0.1:3000"},
        {"127.0.0.1:0", "127.0.0.1:0"},
        {"[::1]", "[::1]:3001"},
        {"[::1]:3000", "[::1]:3000"},
        {"[2001:db8::1]:1", "[2001:db8::1]:1"},
        {"[::ffff:7f00:1]", "127.0.0.1:3001"},
        {"[::ffff:7f00:1]:5", "127.0.0.1:5"},
        {"3000,10.0.0.1,[::1]:7", "127.0.0.1:3000,10.0.0.1:3001,[::1]:7"},
        {"3000,3000", "127.0.0.1:3000,127.0.0.1:3000"},
        {"1,2,3,4,5,6,7,8,9,10,11,12",
         "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3,127.0.0.1:4,127.0.0.1:5,127.0.0.1:6,127.0.0.1:7,"
         "127.0.0.1:8,127.0.0.1:9,127.0.0.1:10,127.0.0.1:11,127.0.0.1:12"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto list = parse_addresses(row.text, AddressUse::serve);
        REQUIRE(list.has_value());
        CHECK(joined(*list) == row.addresses);
    }
}

TEST_CASE("a bad address list is refused with the entry and what to write instead") {
    struct Row {
        std::string_view text;
        std::string_view reason;
        std::string_view advice;  // a part of it
    };

    const Row rows[] = {
        {"", "the list is empty", "write 3000"},
        {"3000,", "entry 2 is empty", "comma"},
        {",", "entry 1 is empty", "comma"},
        {",3000", "entry 1 is empty", "comma"},
        {"a,,b", "entry 2 is empty", "comma"},
        {"1,2,3,4,5,6,7,8,9,10,11,12,13", "the list has 13 entries", "at most 12"},
        {"localhost", "entry 1 \"localhost\" is neither a port nor an IP address", "host names"},
        {"3000,a", "entry 2 \"a\" is neither a port nor an IP address", "host names"},
        {"65536", "entry 1 \"65536\" is not a port", "0 to 65535"},
        {"-1", "entry 1 \"-1\" is not a port", "0 to 65535"},
        {"+1", "entry 1 \"+1\" is not a port", "0 to 65535"},
        {"0x10", "entry 1 \"0x10\" is not a port", "plain decimal"},
        {"007", "entry 1 \"007\" is not a port", "plain decimal"},
        {"00", "entry 1 \"00\" is not a port", "plain decimal"},
        {"4_321", "entry 1 \"4_321\" is not a port", "plain decimal"},
        {"127.0.0.1:", "entry 1 \"127.0.0.1:\" has no port after the colon", "0 to 65535"},
        {"127.0.0.1:x", "entry 1 \"127.0.0.1:x\" has an invalid port", "0 to 65535"},
        {"127.0.0.1:65536", "entry 1 \"127.0.0.1:65536\" has an invalid port", "0 to 65535"},
        {":", "entry 1 \":\" has no address before the colon", "write 3000"},
        {":92", "entry 1 \":92\" has no address before the colon", "write 3000"},
        {" 3000", "entry 1 \" 3000\" contains a blank", "commas alone"},
        {"3000, 3001", "entry 2 \" 3001\" contains a blank", "commas alone"},
        {"localhost:3000", "entry 1 \"localhost:3000\" is not an IP address", "host names"},
        {"1.2.3", "entry 1 \"1.2.3\" is not an IPv4 address", "four numbers"},
        {"256.1.1.1", "entry 1 \"256.1.1.1\" is not an IPv4 address", "0 to 255"},
        {"01.1.1.1", "entry 1 \"01.1.1.1\" is not an IPv4 address", "leading zeros"},
        {"[127.0.0.1]:1", "entry 1 \"[127.0.0.1]:1\" has an IPv4 address in brackets",
         "write 127.0.0.1:1"},
        {"::1:3000", "entry 1 \"::1:3000\" has more than one colon, but no brackets",
         "write [::1]:3000"},
        {"::1", "entry 1 \"::1\" has more than one colon, but no brackets", "write [::1]"},
        {"1.2.3.4::5", "entry 1 \"1.2.3.4::5\" has more than one colon, but no brackets", "[::1]"},
        {"[::1]3000", "entry 1 \"[::1]3000\" goes on after the bracket", "write [::1]:3000"},
        {"[::1", "entry 1 \"[::1\" has no closing bracket", "[::1]"},
        {"[", "entry 1 \"[\" has no closing bracket", "[::1]"},
        {"::1]", "entry 1 \"::1]\" has more than one colon, but no brackets", "[::1]"},
        {"1]", "entry 1 \"1]\" is not an IPv4 address", "four numbers"},
        {"[]", "entry 1 \"[]\" is not an IPv6 address", "[::1]"},
        {"[::1]:", "entry 1 \"[::1]:\" has no port after the colon", "0 to 65535"},
        {"[::1]:07", "entry 1 \"[::1]:07\" has an invalid port", "0 to 65535"},
        {"[::ffff:127.0.0.1]", "entry 1 \"[::ffff:127.0.0.1]\" is not an IPv6 address", "[::1]"},
        {"[fe80::1%eth0]", "entry 1 \"[fe80::1%eth0]\" has a zone identifier", "without"},
        {"tcp://127.0.0.1:3000", "entry 1 \"tcp://127.0.0.1:3000\" is a URL", "10.0.0.1:3000"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto list = parse_addresses(row.text, AddressUse::serve);
        REQUIRE_FALSE(list.has_value());
        CHECK(list.error().reason == row.reason);
        CHECK(list.error().advice.find(row.advice) != std::string::npos);
    }
}

TEST_CASE("only the single character 0 asks for the port protocol") {
    struct Row {
        std::string_view text;
        bool port_protocol;
    };

    for (const Row& row : {Row{"0", true}, Row{"127.0.0.1:0", false}, Row{"0,0", false}}) {
        CAPTURE(row.text);
        CHECK(parse_addresses(row.text, AddressUse::serve)->port_protocol == row.port_protocol);
    }
}

TEST_CASE("a client is refused port 0, a server is not") {
    for (const std::string_view text : {"0", "127.0.0.1:0", "3000,0"}) {
        CAPTURE(text);
        CHECK(parse_addresses(text, AddressUse::serve).has_value());
        const auto list = parse_addresses(text, AddressUse::connect);
        REQUIRE_FALSE(list.has_value());
        CHECK(list.error().reason.ends_with("has port 0, to which nobody can connect"));
    }
}

TEST_CASE("an address that occurs twice is found, unless the system chooses its port") {
    CHECK(find_duplicate(*parse_addresses("1,2,127.0.0.1:1", AddressUse::serve)) == 2);
    CHECK_FALSE(find_duplicate(*parse_addresses("1,2,3", AddressUse::serve)).has_value());
    CHECK_FALSE(find_duplicate(*parse_addresses("0,0", AddressUse::serve)).has_value());
}
