#include "server/client/request.hpp"

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::client;
using wire::Operation;

TEST_CASE("a batch gets a trailer exactly where its operation has one") {
    const std::array<u128, 2> ids{1, 2};
    std::vector<std::byte> body(256);

    struct Row {
        Operation operation;
        std::uint32_t size;
    };

    for (const Row& row :
         {Row{Operation::lookup_accounts, 48}, Row{Operation::lookup_accounts_unbatched, 32}}) {
        const std::uint32_t size = encode_batch(row.operation, std::as_bytes(std::span(ids)), body);
        CHECK(size == row.size);
        CHECK(wire::body_valid(row.operation, std::span(body).first(size), wire::body_size_max));
    }
}

TEST_CASE("a prepared request has its size, the checksum of its body and an empty header else") {
    wire::MessagePool pool(1, 1024);
    const wire::MessageRef message = pool.acquire();
    const std::array<std::byte, 3> body{std::byte{1}, std::byte{2}, std::byte{3}};
    std::copy(body.begin(), body.end(), message->body_capacity().begin());
    prepare_request(*message, 3);
    CHECK(message->frame().size == wire::header_size + 3);
    CHECK(message->frame().checksum_body == wire::checksum(body));
    CHECK(message->header<wire::RequestHeader>().client == 0);
}

TEST_CASE("an unbatched reply has whole results, at most as many as events") {
    std::vector<std::byte> ids(32);
    std::vector<std::byte> found(384);

    struct Row {
        std::size_t size;
        bool valid;
    };

    for (const Row& row :
         {Row{0, true}, Row{128, true}, Row{256, true}, Row{200, false}, Row{384, false}}) {
        CAPTURE(row.size);
        CHECK(reply_body_valid(Operation::lookup_accounts_unbatched, ids,
                               std::span(found).first(row.size)) == row.valid);
    }
}
