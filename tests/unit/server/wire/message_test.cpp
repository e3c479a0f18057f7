#include "server/wire/message.hpp"

#include <cstdint>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::wire;

TEST_CASE("a message returns to its pool with its last handle") {
    MessagePool pool(2, message_size_max);
    MessageRef first = pool.acquire();
    CHECK(pool.free_count() == 1);
    MessageRef copy = first;
    first.reset();
    CHECK(pool.free_count() == 1);
    copy.reset();
    CHECK(pool.free_count() == 2);
}

TEST_CASE("the body of a message starts on a sector, directly behind its header") {
    MessagePool pool(1, message_size_max);
    const MessageRef message = pool.acquire();
    const auto body = reinterpret_cast<std::uintptr_t>(message->body_capacity().data());
    CHECK(body % sector_size == 0);
    CHECK(message->body_capacity().size() >= body_size_max);
    CHECK(message->receive_capacity().data() + header_size == message->body_capacity().data());
    message->header<Header>() = Header{};
    message->frame().size = header_size + 100;
    CHECK(message->bytes().size() == header_size + 100);
    CHECK(message->body().data() == message->body_capacity().data());
}
