#include "orchestrator/records/run_lock.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::records;

TEST_CASE("one at a time has the lock, and the other is told who") {
    const elytra::test::TempDirectory directory;
    CHECK_FALSE(lock_holder(directory.path(".")).has_value());
    std::optional<RunLock> lock;
    {
        auto acquired = RunLock::acquire(directory.path("."), {"elytractl", "bench"});
        REQUIRE(acquired.has_value());
        lock.emplace(std::move(acquired).value());
    }
    const auto second = RunLock::acquire(directory.path("."), {"elytractl", "bench"});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().kind == LockError::Kind::busy);
    CHECK(second.error().text.find("elytractl bench") != std::string::npos);
    CHECK(lock_holder(directory.path(".")).value().find("process ") == 0);
    lock.reset();
    CHECK_FALSE(lock_holder(directory.path(".")).has_value());
    CHECK(RunLock::acquire(directory.path("."), {"again"}).has_value());
}

TEST_CASE("a folder that is not there cannot be locked") {
    const auto lock = RunLock::acquire("/nonexistent/run", {"elytractl"});
    REQUIRE_FALSE(lock.has_value());
    CHECK(lock.error().kind == LockError::Kind::failed);
}
