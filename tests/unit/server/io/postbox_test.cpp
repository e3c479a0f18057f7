#include "server/io/postbox.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "tests/support/run_loop.hpp"

using namespace elytra::io;
using elytra::test::run_until;

TEST_CASE("what is posted runs on the owner's loop, not at once") {
    asio::io_context loop;
    Postbox box(loop);
    bool ran = false;
    box.post([&] { ran = true; });
    CHECK_FALSE(ran);
    run_until(loop, [&] { return ran; });
}

TEST_CASE("what is still in a postbox when it is destroyed never runs") {
    asio::io_context loop;
    std::optional<Postbox> box(std::in_place, loop);
    bool ran = false;
    box->post([&] { box.reset(); });
    box->post([&] { ran = true; });
    loop.run();  // ends, because nothing keeps it any more
    CHECK_FALSE(box.has_value());
    CHECK_FALSE(ran);
}
