#include "server/cli/inspect_options.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::cli;

namespace {

InspectOptions accepted(std::vector<std::string_view> arguments) {
    const Request<InspectOptions> request = parse_inspect_options(arguments);
    REQUIRE(std::holds_alternative<InspectOptions>(request));
    return std::get<InspectOptions>(request);
}

bool refused(std::vector<std::string_view> arguments) {
    return std::holds_alternative<Refusal>(parse_inspect_options(arguments));
}

}  // namespace

TEST_CASE("inspect: each sub-command is known by its name") {
    CHECK(accepted({"superblock", "f"}).inspection == Inspection::superblock);
    CHECK(accepted({"wal", "f"}).inspection == Inspection::wal);
    CHECK(accepted({"replies", "f"}).inspection == Inspection::replies);
    CHECK(accepted({"grid", "f"}).inspection == Inspection::grid);
    CHECK(accepted({"manifest", "f"}).inspection == Inspection::manifest);
    CHECK(accepted({"tables", "--tree=transfers", "f"}).inspection == Inspection::tables);
    CHECK(accepted({"integrity", "f"}).inspection == Inspection::integrity);
    CHECK(refused({}));
    CHECK(refused({"", "f"}));
    CHECK(refused({"tree", "f"}));
}

TEST_CASE("inspect: flags have the ranges of their sub-command") {
    const InspectOptions wal = accepted({"wal", "--slot=1023", "--json", "f"});
    CHECK(wal.slot == 1023);
    CHECK(wal.form == OutputForm::json);
    CHECK(wal.path == "f");
    CHECK(refused({"wal", "--slot=1024", "f"}));
    CHECK(accepted({"replies", "--slot=63", "--superblock-copy=3", "f"}).superblock_copy == 3);
    CHECK(refused({"replies", "--slot=64", "f"}));
    CHECK(refused({"manifest", "--superblock-copy=4", "f"}));
    CHECK(accepted({"grid", "--block=17", "f"}).block == 17);
    CHECK(refused({"grid", "--block=0", "f"}));
    CHECK(refused({"superblock", "--slot=1", "f"}));
}

TEST_CASE("inspect: trees have names and ids") {
    CHECK(accepted({"tables", "--tree=transfers", "f"}).tree.name == "transfers");
    CHECK(accepted({"tables", "--tree=10", "f"}).tree.name == "transfers.id");
    CHECK(accepted({"tables", "--tree=accounts", "--level=6", "f"}).level == 6);
    CHECK(refused({"tables", "f"}));
    CHECK(refused({"tables", "--tree=transfer", "f"}));
    CHECK(refused({"tables", "--tree=999", "f"}));
    CHECK(refused({"tables", "--tree=transfers", "--level=7", "f"}));
    for (const inspect::Tree& tree : inspect::trees) {
        CHECK(inspect::find_tree(tree.name)->id == tree.id);
        CHECK(inspect::find_tree(std::to_string(tree.id))->name == tree.name);
    }
}

TEST_CASE("inspect: integrity can leave parts out") {
    const InspectOptions all = accepted({"integrity", "f"});
    CHECK_FALSE((all.skip_wal || all.skip_grid || all.skip_client_replies || all.force));
    const InspectOptions few =
        accepted({"integrity", "--skip-wal", "--skip-grid", "--skip-client-replies", "--seed=5",
                  "--force", "--memory-lsm-manifest=1MiB", "--log-debug=true", "f"});
    CHECK((few.skip_wal && few.skip_grid && few.skip_client_replies && few.force));
    CHECK(few.seed == 5);
}
