#include "server/cli/format_options.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::cli;

namespace {

FormatOptions accepted(std::vector<std::string_view> arguments) {
    const Request<FormatOptions> request = parse_format_options(arguments);
    REQUIRE(std::holds_alternative<FormatOptions>(request));
    return std::get<FormatOptions>(request);
}

std::string refused(std::vector<std::string_view> arguments) {
    const Request<FormatOptions> request = parse_format_options(arguments);
    REQUIRE(std::holds_alternative<Refusal>(request));
    REQUIRE(std::get<Refusal>(request).errors.size() == 1);
    return std::get<Refusal>(request).errors.front();
}

}  // namespace

TEST_CASE("format takes cluster, replica, replica count and path") {
    const FormatOptions options =
        accepted({"--cluster=7", "--replica=2", "--replica-count=3", "7_2.elytra"});
    CHECK((options.cluster == u128{7}));
    CHECK(options.replica == 2);
    CHECK(options.replica_count == 3);
    CHECK(options.path == "7_2.elytra");
    CHECK_FALSE(options.development);
    CHECK_FALSE(options.log_debug);
}

TEST_CASE("format leaves the cluster open when none is given") {
    const FormatOptions options =
        accepted({"--replica=0", "--replica-count=1", "--development", "--log-debug", "f"});
    CHECK_FALSE(options.cluster.has_value());
    CHECK(options.development);
    CHECK(options.log_debug);
}

TEST_CASE("a standby is counted behind the replicas") {
    CHECK(accepted({"--standby=1", "--replica-count=1", "f"}).replica == 1);
    CHECK(accepted({"--standby=6", "--replica-count=1", "f"}).replica == 6);
    CHECK(refused({"--standby=0", "--replica-count=1", "f"}) ==
          "--standby (0): must be from 1 to 6, because standbys are counted behind the replicas");
    CHECK(refused({"--standby=7", "--replica-count=1", "f"}) ==
          "--standby (7): must be from 1 to 6, because standbys are counted behind the replicas");
    CHECK(refused({"--replica=0", "--standby=3", "--replica-count=1", "f"}) ==
          "--standby (3): excludes --replica; give one of them");
}

TEST_CASE("a replica is below the replica count, which is at most six") {
    CHECK(refused({"--replica=1", "--replica-count=1", "f"}) ==
          "--replica (1): must be less than the replica count of 1, because replicas are counted "
          "from 0; use --standby for more");
    CHECK(refused({"--replica=256", "--replica-count=1", "f"}) ==
          "--replica (256): out of range; expected an integer from 0 to 5");
    CHECK(refused({"--replica=0", "--replica-count=0", "f"}) ==
          "--replica-count (0): out of range; expected an integer from 1 to 6");
    CHECK(refused({"--replica=0", "--replica-count=7", "f"}) ==
          "--replica-count (7): out of range; expected an integer from 1 to 6");
}

TEST_CASE("format names all that is missing") {
    CHECK(refused({}) ==
          "format: missing --replica=<index>, --replica-count=<count>, <path> (path "
          "of the data file to create)");
    CHECK(refused({"--cluster=0", "--replica-count=1", "f"}) ==
          "format: missing --replica=<index>");
}

TEST_CASE("format explains itself") {
    const Request<FormatOptions> request =
        parse_format_options(std::vector<std::string_view>{"-h"});
    REQUIRE(std::holds_alternative<HelpText>(request));
    CHECK(std::get<HelpText>(request).text.starts_with(
        "Usage: elytra format --replica=<index> --replica-count=<count> [flags] <path>\n"));
}
