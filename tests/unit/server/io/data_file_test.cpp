#include "server/io/data_file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "server/common/limits.hpp"
#include "server/io/new_data_file.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::TempDirectory;

namespace {

constexpr std::uint64_t size = 16 * sector_size;

DataFile create(const std::string& path) {
    NewDataFile created(path);
    REQUIRE(created.create(size, DirectIo::preferred).has_value());
    auto file = created.publish();
    REQUIRE(file.has_value());
    return std::move(*file);
}

// Stands in for a full device: this process may not make files larger than this.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) : handler_before_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }

    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_before_);
    }

private:
    rlimit before_{};
    void (*handler_before_)(int);
};

}  // namespace

TEST_CASE("a created data file has its size, nobody else may read it, and it opens again") {
    const TempDirectory directory;
    const std::string path = directory.path("0_0.elytra");
    {
        const DataFile created = create(path);
        CHECK(created.path() == path);
        CHECK(created.size() == size);
    }
    CHECK(directory.entry_count() == 1);
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    const auto opened = DataFile::open(path, DirectIo::preferred);
    REQUIRE(opened.has_value());
    CHECK(opened->size() == size);
    const int durable = opened->descriptor(storage::Durability::durable);
    const int cached = opened->descriptor(storage::Durability::volatile_cache);
    CHECK((fcntl(durable, F_GETFL) & O_DSYNC) != 0);
    CHECK((fcntl(cached, F_GETFL) & O_DSYNC) == 0);
}

TEST_CASE("creating never overwrites what exists, whatever it is, and leaves nothing") {
    const TempDirectory directory;
    std::ofstream(directory.path("file")) << "precious";
    std::filesystem::create_directory(directory.path("directory"));
    std::filesystem::create_symlink("nowhere", directory.path("link"));

    struct Row {
        std::string name;
        FileErrorKind kind;
    };

    for (const Row& row :
         {Row{"file", FileErrorKind::already_exists}, Row{"directory", FileErrorKind::wrong_type},
          Row{"link", FileErrorKind::wrong_type}}) {
        CAPTURE(row.name);
        NewDataFile created(directory.path(row.name));
        const auto outcome = created.create(size, DirectIo::preferred);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().kind == row.kind);
        CHECK(outcome.error().path == directory.path(row.name));
    }
    CHECK(directory.entry_count() == 3);
    CHECK(std::filesystem::file_size(directory.path("file")) == 8);
}

TEST_CASE("a file that appears while another is being made under the same name stays") {
    const TempDirectory directory;
    const std::string path = directory.path("file");
    {
        NewDataFile created(path);
        REQUIRE(created.create(size, DirectIo::preferred).has_value());
        std::ofstream(path) << "precious";
        const auto published = created.publish();
        REQUIRE_FALSE(published.has_value());
        CHECK(published.error().kind == FileErrorKind::already_exists);
    }
    CHECK(directory.entry_count() == 1);
    CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("a data file that is not published disappears") {
    const TempDirectory directory;
    {
        NewDataFile created(directory.path("file"));
        REQUIRE(created.create(size, DirectIo::preferred).has_value());
        CHECK(directory.entry_count() == 1);
    }
    CHECK(directory.entry_count() == 0);
}

TEST_CASE("a data file for which there is no room is refused, and leaves nothing") {
    const TempDirectory directory;
    const FileSizeLimit limit(size - 1);
    {
        NewDataFile created(directory.path("file"));
        const auto outcome = created.create(size, DirectIo::preferred);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().kind == FileErrorKind::no_space);
        CHECK(outcome.error().reason == "File too large");
    }
    CHECK(directory.entry_count() == 0);
}

TEST_CASE("creating below a missing directory is refused") {
    const TempDirectory directory;
    NewDataFile created(directory.path("missing/file"));
    const auto outcome = created.create(size, DirectIo::preferred);
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().kind == FileErrorKind::not_found);
    CHECK(outcome.error().advice == "create the directory first");
}

TEST_CASE("what is not a data file is not opened") {
    const TempDirectory directory;
    REQUIRE(mkfifo(directory.path("pipe").c_str(), 0600) == 0);

    struct Row {
        std::string path;
        FileErrorKind kind;
        std::string_view reason;
    };

    const Row rows[] = {
        {directory.path("missing"), FileErrorKind::not_found, "No such file or directory"},
        {directory.path(""), FileErrorKind::wrong_type, "it is a directory"},
        {directory.path("pipe"), FileErrorKind::wrong_type, "it is not a regular file"},
        {"/dev/null", FileErrorKind::wrong_type, "it is a character device"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        const auto opened = DataFile::open(row.path, DirectIo::preferred);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().kind == row.kind);
        CHECK(opened.error().reason == row.reason);
        CHECK(to_text(opened.error()).starts_with("cannot open data file (" + row.path + "): "));
    }
}

TEST_CASE("a data file has one server at a time") {
    const TempDirectory directory;
    const std::string path = directory.path("file");
    std::optional<DataFile> first(create(path));
    const auto second = DataFile::open(path, DirectIo::preferred);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().kind == FileErrorKind::locked);
    CHECK(second.error().reason.ends_with(" has it open"));
    CHECK(DataFile::open_to_inspect(path)->locked_elsewhere());
    first.reset();
    CHECK(DataFile::open(path, DirectIo::preferred).has_value());
    CHECK_FALSE(DataFile::open_to_inspect(path)->locked_elsewhere());
}
