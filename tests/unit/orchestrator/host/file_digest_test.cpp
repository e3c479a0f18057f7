#include "orchestrator/host/file_digest.hpp"

#include <cerrno>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temp_directory.hpp"

using namespace elytractl::host;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a digest is the SHA-256 of all bytes") {
    const elytra::test::TempDirectory folder;
    // The vectors of FIPS 180-2, B.1 and B.3.
    write(folder.path("abc"), "abc");
    CHECK(*digest_file(folder.path("abc")) ==
          FileDigest{.sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                     .size = 3});
    write(folder.path("million"), std::string(1'000'000, 'a'));
    CHECK(*digest_file(folder.path("million")) ==
          FileDigest{.sha256 = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                     .size = 1'000'000});
    write(folder.path("empty"), "");
    CHECK(digest_file(folder.path("empty"))->size == 0);
}

TEST_CASE("what is not a regular file has no digest, and a pipe does not make us wait") {
    const elytra::test::TempDirectory folder;
    REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
    CHECK(digest_file(folder.path("missing")).error() == ENOENT);
    CHECK(digest_file(folder.path("")).error() == EISDIR);
    CHECK(digest_file(folder.path("pipe")).error() == EINVAL);
}
