#include "server/wire/peer.hpp"

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::wire;

namespace {

constexpr ClientId alice{1};
constexpr ClientId bob{2};

}  // namespace

TEST_CASE("a connection belongs to the first client that shows up on it") {
    Peer by_ping;
    CHECK_FALSE(by_ping.client().has_value());
    CHECK(by_ping.on_ping(alice) == Verdict::keep);
    CHECK(by_ping.client() == alice);
    Peer by_request;
    CHECK(by_request.on_request(alice) == Verdict::keep);
    CHECK(by_request.client() == alice);
}

TEST_CASE("pings and requests of the same client may come in any order") {
    Peer peer;
    CHECK(peer.on_request(alice) == Verdict::keep);
    CHECK(peer.on_ping(alice) == Verdict::keep);
    CHECK(peer.on_request(alice) == Verdict::keep);
    CHECK(peer.on_ping(alice) == Verdict::keep);
    CHECK(peer.client() == alice);
}

TEST_CASE("a second client on a connection closes it") {
    for (const bool ping_first : {false, true}) {
        CAPTURE(ping_first);
        Peer peer;
        CHECK((ping_first ? peer.on_ping(alice) : peer.on_request(alice)) == Verdict::keep);
        CHECK(peer.on_request(bob) == Verdict::close);
        CHECK(peer.on_ping(bob) == Verdict::close);
        CHECK(peer.client() == alice);
    }
}

TEST_CASE("a replica may forward requests of any client, but is no client") {
    Peer peer;
    CHECK(peer.on_replica_message(ReplicaIndex{1}) == Verdict::keep);
    CHECK(peer.on_request(alice) == Verdict::keep);
    CHECK(peer.on_request(bob) == Verdict::keep);
    CHECK_FALSE(peer.client().has_value());
    CHECK(peer.on_ping(alice) == Verdict::close);
    CHECK(peer.on_replica_message(ReplicaIndex{1}) == Verdict::keep);
    CHECK(peer.on_replica_message(ReplicaIndex{2}) == Verdict::close);
}

TEST_CASE("a connection that only carried a request can turn out to be a replica's") {
    Peer peer;
    CHECK(peer.on_request(alice) == Verdict::keep);
    CHECK(peer.on_replica_message(ReplicaIndex{1}) == Verdict::keep);
    CHECK_FALSE(peer.client().has_value());
}

TEST_CASE("a client that pinged cannot become a replica") {
    Peer peer;
    CHECK(peer.on_ping(alice) == Verdict::keep);
    CHECK(peer.on_replica_message(ReplicaIndex{1}) == Verdict::close);
}
