#include "server/wire/release.hpp"

#include <cstring>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

TEST_CASE("a release has its published number and bytes, and its text comes back") {
    for (const auto& vector : test::wire_vectors()["release"]) {
        const std::string text = vector["text"];
        CAPTURE(text);
        const auto release = parse_release(text);
        REQUIRE(release.has_value());
        CHECK(release->value == vector["u32"].get<std::uint32_t>());
        const auto bytes = test::from_hex(vector["bytes"].get<std::string>());
        REQUIRE(bytes.size() == sizeof(Release));
        CHECK(std::memcmp(&*release, bytes.data(), bytes.size()) == 0);
        CHECK(to_text(*release) == text);
    }
}

TEST_CASE("a release is three numbers within their bits and nothing else") {
    for (const char* text : {"", ".", "..", "1", "1.2", "1.2.", ".1.2", "1..2", "1.2.3.4", "1.2.3 ",
                             " 1.2.3", "-1.2.3", "+1.2.3", "1.2.x", "v1.2.3", "65536.0.0",
                             "0.256.0", "0.0.256", "0.0.99999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_release(text).has_value());
    }
    CHECK(parse_release("65535.255.255") == Release{0xffff'ffff});
    CHECK(parse_release("0.0.0") == Release{0});
}

TEST_CASE("releases are ordered by number, the most significant part first") {
    CHECK(make_release(0, 16, 255) < make_release(0, 17, 0));
    CHECK(make_release(0, 255, 255) < make_release(1, 0, 0));
    CHECK(release_client_min < release_server);
    CHECK(to_text(release_server) == "0.17.9");
    CHECK(to_text(release_client_min) == "0.16.4");
}
