#include "server/wire/checksum.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/common/text.hpp"
#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

using Bytes = std::vector<std::byte>;

std::vector<ChecksumImplementation> implementations() {
    std::vector<ChecksumImplementation> all = {ChecksumImplementation::portable};
    if (checksum_implementation() != all.front()) all.push_back(checksum_implementation());
    return all;
}

Bytes draw(Prng& prng, std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; i += 8) {
        const std::uint64_t value = prng.next();
        std::memcpy(bytes.data() + i, &value, std::min<std::size_t>(8, size - i));
    }
    return bytes;
}

Bytes pattern(const std::string& name, std::size_t size) {
    if (name == "xoshiro256pp-seed-7") {
        Prng prng(7);
        return draw(prng, size);
    }
    Bytes bytes(size, name == "ones" ? std::byte{0xff} : std::byte{0});
    if (name == "counter") {
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    }
    return bytes;
}

u128 to_u128(std::span<const std::byte> bytes) {
    u128 value = 0;
    REQUIRE(bytes.size() == sizeof(value));
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

void append(Bytes& bytes, u128 value) {
    const auto tail = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), tail.begin(), tail.end());
}

std::string digest(std::size_t index) {
    return test::wire_vectors()["checksum_digests"][index]["as_u128"];
}

}  // namespace

TEST_CASE("the checksum of each pattern and length is the published one") {
    for (const ChecksumImplementation implementation : implementations()) {
        for (const auto& vector : test::wire_vectors()["checksum"]) {
            const std::string name = vector["pattern"];
            const std::size_t length = vector["length"];
            CAPTURE(to_text(implementation));
            CAPTURE(name);
            CAPTURE(length);
            const u128 expected = to_u128(test::from_hex(vector["checksum"].get<std::string>()));
            CHECK(checksum_with(implementation, pattern(name, length)) == expected);
        }
    }
}

TEST_CASE("every short length, single bits and random bytes reach the published digest") {
    for (const ChecksumImplementation implementation : implementations()) {
        CAPTURE(to_text(implementation));
        Bytes sums;
        const auto add = [&](const Bytes& bytes) {
            append(sums, checksum_with(implementation, bytes));
        };
        for (std::size_t size = 0; size < 128; ++size) add(Bytes(size));
        for (std::size_t bit = 0; bit < 512; ++bit) {
            Bytes bytes(64);
            bytes[bit / 8] = std::byte{1} << (bit % 8);
            add(bytes);
        }
        Prng prng(92);
        for (std::size_t size = 13; size < 269; ++size) add(draw(prng, size));
        CHECK("0x" + to_hex(checksum_with(implementation, sums)) == digest(0));
    }
}

TEST_CASE("the checksum does not depend on how the bytes are aligned") {
    Prng prng(92);
    const Bytes bytes = draw(prng, 8192);
    for (const ChecksumImplementation implementation : implementations()) {
        CAPTURE(to_text(implementation));
        Bytes sums;
        for (std::size_t start = 0; start < 16; ++start) {
            const std::span<const std::byte> tail = std::span(bytes).subspan(start);
            append(sums, checksum_with(implementation, tail));
            for (std::size_t size = 0; size < 256; ++size) {
                append(sums, checksum_with(implementation, tail.first(size)));
            }
        }
        CHECK("0x" + to_hex(checksum_with(implementation, sums)) == digest(1));
    }
}

TEST_CASE("all implementations agree on a whole message and on sizes around it") {
    Prng prng(1);
    const Bytes bytes = draw(prng, message_size_max + 33);
    for (const std::size_t size : {message_size_max - 1, message_size_max, message_size_max + 33}) {
        const std::span<const std::byte> part = std::span(bytes).first(size);
        const u128 expected = checksum_with(ChecksumImplementation::portable, part);
        for (const ChecksumImplementation implementation : implementations()) {
            CHECK(checksum_with(implementation, part) == expected);
        }
        CHECK(checksum(part) == expected);
    }
}

TEST_CASE("the checksum of nothing is the constant for messages without body") {
    CHECK(checksum({}) == checksum_empty);
}

TEST_CASE("sealing covers the body through the header") {
    const Bytes body(100, std::byte{7});
    RequestHeader header;
    header.frame.size = header_size + 100;
    seal(header, body);
    CHECK(header.frame.checksum_body == checksum(body));
    CHECK(header.frame.checksum == checksum_of_header(header));
    const u128 before = header.frame.checksum;
    header.frame.checksum_body ^= 1;
    CHECK(checksum_of_header(header) != before);
}

TEST_CASE("a reply keeps its context when it is sealed again for another view") {
    ReplyHeader header;
    header.context = 99;  // of an earlier use of the buffer
    seal_reply(header, {});
    ReplyHeader without_context = header;
    without_context.context = 0;
    CHECK(header.context == checksum_of_header(without_context));
    CHECK(header.context != header.frame.checksum);
    const ReplyHeader first = header;
    header.frame.view = 2;
    seal_header(header);
    CHECK(header.context == first.context);
    CHECK(header.frame.checksum != first.frame.checksum);
}
