#include "server/wire/multi_batch.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "tests/support/wire_vectors.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

using Bytes = std::vector<std::byte>;

Bytes encode(std::size_t capacity, std::uint32_t element_size, const std::vector<Bytes>& batches) {
    Bytes body(capacity, std::byte{0xaa});
    MultiBatchEncoder encoder(body, element_size);
    for (const Bytes& batch : batches) {
        REQUIRE_FALSE(encoder.full());
        REQUIRE(encoder.room().size() >= batch.size());
        std::ranges::copy(batch, encoder.room().begin());
        encoder.end_batch(batch.size());
    }
    body.resize(encoder.finish());
    return body;
}

std::vector<Bytes> batches_of(MultiBatchDecoder decoder) {
    std::vector<Bytes> batches;
    while (const auto batch = decoder.next()) batches.emplace_back(batch->begin(), batch->end());
    return batches;
}

}  // namespace

TEST_CASE("a trailer holds all counts in whole elements") {
    struct Row {
        std::uint32_t batches;
        std::uint32_t sizes[4];  // for elements of 8, 16, 64 and 128 bytes
    };

    const Row rows[] = {
        {1, {8, 16, 64, 128}},    {3, {8, 16, 64, 128}},      {4, {16, 16, 64, 128}},
        {7, {16, 16, 64, 128}},   {8, {24, 32, 64, 128}},     {31, {64, 64, 64, 128}},
        {32, {72, 80, 128, 128}}, {63, {128, 128, 128, 128}}, {64, {136, 144, 192, 256}}};
    for (const Row& row : rows) {
        CAPTURE(row.batches);
        CHECK(trailer_size(8, row.batches) == row.sizes[0]);
        CHECK(trailer_size(16, row.batches) == row.sizes[1]);
        CHECK(trailer_size(64, row.batches) == row.sizes[2]);
        CHECK(trailer_size(128, row.batches) == row.sizes[3]);
    }
}

TEST_CASE("a published body decodes into its batches and is what they encode to") {
    for (const auto& vector : test::wire_vectors()["multi_batch_valid"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const std::uint32_t element_size = vector["element_size"];
        const Bytes body = test::from_hex(vector["body"].get<std::string>());
        const auto decoder = MultiBatchDecoder::decode(body, element_size);
        REQUIRE(decoder.has_value());
        const std::vector<Bytes> batches = batches_of(*decoder);
        std::vector<std::size_t> counts;
        for (const Bytes& batch : batches) counts.push_back(batch.size() / element_size);
        CHECK(counts == vector["counts"].get<std::vector<std::size_t>>());
        CHECK(decoder->batch_count() == counts.size());
        CHECK(trailer_size(element_size, decoder->batch_count()) ==
              vector["trailer_size"].get<std::uint32_t>());
        CHECK(decoder->element_count() ==
              (body.size() - vector["trailer_size"].get<std::size_t>()) / element_size);
        CHECK(encode(body.size(), element_size, batches) == body);
        CHECK(encode(body.size() + 1000, element_size, batches) == body);
    }
}

TEST_CASE("a published invalid body is refused") {
    for (const auto& vector : test::wire_vectors()["multi_batch_invalid"]) {
        const std::string name = vector["name"];
        CAPTURE(name);
        const Bytes body = test::from_hex(vector["body"].get<std::string>());
        CHECK_FALSE(MultiBatchDecoder::decode(body, vector["element_size"].get<std::uint32_t>())
                        .has_value());
    }
}

TEST_CASE("counts whose size in bytes wraps 32 bits do not match a small body") {
    // 32 768 batches of 1024 elements of 128 bytes are exactly 2^32 bytes.
    constexpr std::uint32_t batches = 32'768;
    Bytes body(trailer_size(128, batches), std::byte{0xff});
    const auto put = [&](std::size_t from_end, std::uint16_t value) {
        std::memcpy(body.data() + body.size() - from_end, &value, sizeof(value));
    };
    put(2, batches);
    for (std::uint32_t batch = 0; batch < batches; ++batch) put(4 + 2 * batch, 1024);
    CHECK_FALSE(MultiBatchDecoder::decode(body, 128).has_value());
    for (std::uint32_t batch = 0; batch < batches; ++batch) put(4 + 2 * batch, 0);
    const auto decoder = MultiBatchDecoder::decode(body, 128);
    REQUIRE(decoder.has_value());
    CHECK(decoder->element_count() == 0);
}

TEST_CASE("random batches of every element size survive the way there and back") {
    Prng prng(3);
    for (const std::uint32_t element_size : {8U, 16U, 64U, 128U, 384U}) {
        for (int round = 0; round < 50; ++round) {
            std::vector<Bytes> batches(prng.between(1, 100));
            for (Bytes& batch : batches) {
                batch.assign(prng.below(5) * element_size, static_cast<std::byte>(prng.next()));
            }
            const Bytes body = encode(300'000, element_size, batches);
            const auto decoder = MultiBatchDecoder::decode(body, element_size);
            REQUIRE(decoder.has_value());
            CHECK(batches_of(*decoder) == batches);
        }
    }
}

TEST_CASE("the room for a batch leaves the room for its trailer") {
    Bytes buffer(128);
    MultiBatchEncoder encoder(buffer, 16);
    CHECK(encoder.room().size() == 112);  // the trailer of one batch takes 16
    for (int batch = 0; batch < 7; ++batch) encoder.end_batch(0);
    CHECK(encoder.room().size() == 96);  // that of eight takes 32
    encoder.end_batch(96);
    CHECK(encoder.full() == false);  // a ninth, empty batch still fits
    CHECK(encoder.room().empty());
    CHECK(encoder.finish() == buffer.size());
    CHECK(encoder.batch_count() == 8);
}

TEST_CASE("an encoder is full when not even the trailer of another batch fits") {
    Bytes buffer(16);
    MultiBatchEncoder encoder(buffer, 16);
    for (int batch = 0; batch < 7; ++batch) {
        REQUIRE_FALSE(encoder.full());
        encoder.end_batch(0);
    }
    CHECK(encoder.full());
    CHECK(encoder.finish() == 16);
    CHECK(MultiBatchEncoder(std::span(buffer).first(15), 16).full());
}

TEST_CASE("a body holds 65 534 batches and no more") {
    Bytes buffer(trailer_size(16, batches_max) + 1024);
    MultiBatchEncoder encoder(buffer, 16);
    for (std::uint32_t batch = 0; batch < batches_max; ++batch) {
        REQUIRE_FALSE(encoder.full());
        encoder.end_batch(0);
    }
    CHECK(encoder.full());
    const std::uint32_t size = encoder.finish();
    const auto decoder = MultiBatchDecoder::decode(std::span(buffer).first(size), 16);
    REQUIRE(decoder.has_value());
    CHECK(decoder->batch_count() == batches_max);
}
