#include "orchestrator/host/release_store.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::host;

namespace {

// A store, and programs that answer `version`.
struct Fixture {
    elytra::test::TempDirectory folder;
    ReleaseStore store{folder.path("store")};

    std::string program(const std::string& name, const std::string& script) const {
        const std::string path = folder.path(name);
        std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }

    std::string server(const std::string& version) const {
        return program(version, "echo 'Server " + version + "'; echo more");
    }

    auto add(const std::string& name, const std::string& path, Replace replace = Replace::no) {
        const std::vector<NamedPath> wishes = {{name, path}};
        return store.add(wishes, replace);
    }

    std::size_t stored() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(store.folder() + "/blobs")) {
            static_cast<void>(entry);
            ++count;
        }
        return count;
    }
};

}  // namespace

TEST_CASE("an added program is stored under its hash, read-only, and survives its source") {
    Fixture fixture;
    const std::string path = fixture.server("1");
    const auto added = fixture.add("one", path);
    REQUIRE(added.has_value());
    CHECK(added->front().outcome == AddOutcome::added);
    CHECK(added->front().release.version == "Server 1");
    CHECK(added->front().release.digest == *digest_file(path));
    std::filesystem::remove(path);
    const auto subject = fixture.store.resolve("release:one");
    REQUIRE(subject.has_value());
    CHECK(subject->release == "one");
    CHECK(subject->version == "Server 1");
    CHECK(subject->digest == added->front().release.digest);
    CHECK(std::filesystem::path(subject->path).filename() == subject->digest.sha256);
    const auto permissions = std::filesystem::status(subject->path).permissions();
    CHECK((permissions & std::filesystem::perms::owner_write) == std::filesystem::perms::none);
    CHECK((permissions & std::filesystem::perms::owner_exec) != std::filesystem::perms::none);
}

TEST_CASE("adding the same bytes again changes nothing; two names may share them") {
    Fixture fixture;
    const std::string path = fixture.server("1");
    REQUIRE(fixture.add("one", path).has_value());
    CHECK(fixture.add("one", path)->front().outcome == AddOutcome::known);
    CHECK(fixture.add("uno", path)->front().outcome == AddOutcome::added);
    CHECK(fixture.store.list()->size() == 2);
    CHECK(fixture.stored() == 1);
}

TEST_CASE("a name moves to other bytes only when told to") {
    Fixture fixture;
    REQUIRE(fixture.add("one", fixture.server("1")).has_value());
    const auto refused = fixture.add("one", fixture.server("2"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == StoreFault::name_taken);
    CHECK(fixture.store.list()->at("one").version == "Server 1");
    CHECK(fixture.stored() == 1);
    CHECK(fixture.add("one", fixture.server("2"), Replace::yes)->front().outcome ==
          AddOutcome::replaced);
    CHECK(fixture.store.list()->at("one").version == "Server 2");
}

TEST_CASE("of several programs all are added or none") {
    Fixture fixture;
    const std::vector<NamedPath> wishes = {{"one", fixture.server("1")},
                                           {"two", fixture.folder.path("missing")}};
    CHECK(fixture.store.add(wishes, Replace::no).error().fault == StoreFault::unreadable);
    CHECK(fixture.store.list()->empty());
    CHECK(fixture.stored() == 0);
    const std::vector<NamedPath> twice = {{"one", fixture.server("1")},
                                          {"one", fixture.server("2")}};
    CHECK(fixture.store.add(twice, Replace::no).error().fault == StoreFault::name_taken);
    CHECK(fixture.stored() == 0);
}

TEST_CASE("what does not answer `version` as a server does is not stored") {
    Fixture fixture;
    for (const char* script : {"exit 1", "exit 0", "kill -9 $$"}) {
        CAPTURE(script);
        const auto added = fixture.add("one", fixture.program("p", script));
        REQUIRE_FALSE(added.has_value());
        CHECK(added.error().fault == StoreFault::not_a_server);
    }
    CHECK(fixture.add("one", fixture.folder.path("")).error().fault == StoreFault::unreadable);
    CHECK(fixture.stored() == 0);
}

TEST_CASE("damage of a stored program is found, names what is there, and is healed by adding") {
    Fixture fixture;
    const std::string path = fixture.server("1");
    REQUIRE(fixture.add("one", path).has_value());
    REQUIRE(fixture.add("two", fixture.server("2")).has_value());
    const std::string blob = fixture.store.resolve("release:one")->path;

    std::filesystem::permissions(blob, std::filesystem::perms::owner_all);
    std::ofstream(blob, std::ios::app) << "#";
    auto verified = fixture.store.verify({});
    REQUIRE(verified->size() == 2);
    CHECK(verified->at(0).state == BlobState::changed);
    CHECK(verified->at(0).found == digest_file(blob)->sha256);
    CHECK(verified->at(1).state == BlobState::intact);
    CHECK(fixture.store.resolve("release:one").error().fault == StoreFault::damaged);
    CHECK(fixture.store.verify("two")->front().state == BlobState::intact);

    REQUIRE(fixture.add("one", path).has_value());
    CHECK(fixture.store.verify("one")->front().state == BlobState::intact);

    std::filesystem::remove(blob);
    CHECK(fixture.store.verify("one")->front().state == BlobState::missing);
}

TEST_CASE("a plain path is resolved to what it is") {
    Fixture fixture;
    const std::string path = fixture.server("1");
    const auto subject = fixture.store.resolve(path);
    REQUIRE(subject.has_value());
    CHECK(subject->path == path);
    CHECK(subject->release.empty());
    CHECK(subject->digest == *digest_file(path));
    CHECK(subject->version == "Server 1");
    CHECK(fixture.store.resolve(fixture.folder.path("missing")).error().fault ==
          StoreFault::unreadable);
    CHECK(fixture.store.resolve("release:one").error().fault == StoreFault::unknown_name);
}

TEST_CASE("a damaged index is named and never replaced") {
    Fixture fixture;
    const std::string path = fixture.server("1");
    REQUIRE(fixture.add("one", path).has_value());
    const std::string index = fixture.store.folder() + "/index.json";
    std::ofstream(index) << "{";
    CHECK(fixture.store.list().error().fault == StoreFault::damaged);
    const auto added = fixture.add("two", path);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().fault == StoreFault::damaged);
    CHECK(added.error().text.find(index) != std::string::npos);
    CHECK(std::filesystem::file_size(index) == 1);
}

TEST_CASE("a folder that cannot be created is an error of the system") {
    Fixture fixture;
    std::ofstream(fixture.folder.path("file")) << "x";
    ReleaseStore store(fixture.folder.path("file/store"));
    const std::vector<NamedPath> wishes = {{"one", fixture.server("1")}};
    CHECK(store.add(wishes, Replace::no).error().fault == StoreFault::system);
}
