#include "bench/load/base64.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra::bench;

TEST_CASE("base64 gives the vectors of RFC 4648 in both directions") {
    struct Row {
        std::string plain;
        std::string encoded;
    };

    const Row rows[] = {{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"}};
    for (const Row& row : rows) {
        CAPTURE(row.plain);
        const std::vector<std::uint8_t> bytes(row.plain.begin(), row.plain.end());
        CHECK(encode_base64(bytes) == row.encoded);
        CHECK(decode_base64(row.encoded) == bytes);
    }
}

TEST_CASE("base64 refuses what is not of its alphabet and shape") {
    for (const char* text : {"Zg=", "Z", "Zm9v=", "Z===", "Zm 9", "=Zm9", "Zm=v"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_base64(text).has_value());
    }
}
