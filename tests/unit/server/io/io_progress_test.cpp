#include "server/io/io_progress.hpp"

#include <cerrno>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/io/new_data_file.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::test::TempDirectory;
using State = IoProgress::State;
using Kind = IoStep::Kind;

namespace {

constexpr std::uint64_t file_size = 8 * sector_size;

// A file to aim at; the tests answer in the kernel's place.
struct Target {
    TempDirectory directory;
    NewDataFile created{directory.path("file")};

    Target() { REQUIRE(created.create(file_size, DirectIo::preferred).has_value()); }

    const DataFile& file() const { return created.file(); }
};

bool all_bytes_are(std::span<const std::byte> bytes, std::byte value) {
    for (const std::byte byte : bytes) {
        if (byte != value) return false;
    }
    return true;
}

constexpr std::byte old_byte{0xee};

SectorBuffer filled_buffer(std::size_t sectors) {
    SectorBuffer buffer(sectors * sector_size);
    for (std::byte& byte : buffer.bytes()) byte = old_byte;
    return buffer;
}

}  // namespace

TEST_CASE("a transfer that stops early goes on where it stopped") {
    const Target target;
    SectorBuffer buffer(4 * sector_size);
    const storage::IoEffect effects[] = {
        storage::Read{.offset = sector_size, .bytes = buffer.bytes(), .token = {}},
        storage::Write{.offset = sector_size, .bytes = buffer.bytes(), .token = {}}};
    for (const storage::IoEffect& effect : effects) {
        IoProgress progress(effect, target.file());
        progress.advance(-EINTR);
        progress.advance(-EAGAIN);
        CHECK(progress.step().offset == sector_size);
        CHECK(progress.step().length == 4 * sector_size);
        progress.advance(sector_size);
        REQUIRE(progress.state() == State::more);
        CHECK(progress.step().offset == 2 * sector_size);
        CHECK(progress.step().length == 3 * sector_size);
        CHECK(progress.step().buffer == buffer.bytes().data() + sector_size);
        progress.advance(3 * sector_size);
        CHECK(progress.state() == State::done);
    }
}

TEST_CASE("a write that stops inside a sector writes that sector again") {
    const Target target;
    SectorBuffer buffer(2 * sector_size);
    IoProgress progress(storage::Write{.offset = 0, .bytes = buffer.bytes(), .token = {}},
                        target.file());
    progress.advance(sector_size + 512);
    REQUIRE(progress.state() == State::more);
    CHECK(progress.step().offset == sector_size);
    CHECK(progress.step().length == sector_size);
}

TEST_CASE("only the sectors that cannot be read become zeros") {
    const Target target;
    SectorBuffer buffer = filled_buffer(3);
    IoProgress progress(storage::Read{.offset = 0, .bytes = buffer.bytes(), .token = {}},
                        target.file());
    progress.advance(-EIO);
    REQUIRE(progress.state() == State::more);
    CHECK(progress.step().length == sector_size);
    progress.advance(sector_size);
    progress.advance(-EIO);
    CHECK(progress.step().offset == 2 * sector_size);
    progress.advance(sector_size);
    CHECK(progress.state() == State::done);
    CHECK(progress.status() == storage::IoStatus::ok);
    CHECK(all_bytes_are(buffer.bytes().subspan(0, sector_size), old_byte));
    CHECK(all_bytes_are(buffer.bytes().subspan(sector_size, sector_size), std::byte{0}));
    CHECK(all_bytes_are(buffer.bytes().subspan(2 * sector_size), old_byte));
}

TEST_CASE("what lies beyond the end of the file reads as zeros, also within a sector") {
    const Target target;
    for (const std::int64_t end : {0, 512, 4096, 4608}) {
        CAPTURE(end);
        SectorBuffer buffer = filled_buffer(2);
        IoProgress progress(storage::Read{.offset = 0, .bytes = buffer.bytes(), .token = {}},
                            target.file());
        progress.advance(end);
        if (progress.state() == State::more) progress.advance(0);
        CHECK(progress.state() == State::done);
        const auto kept = static_cast<std::size_t>(end);
        CHECK(all_bytes_are(buffer.bytes().subspan(0, kept), old_byte));
        CHECK(all_bytes_are(buffer.bytes().subspan(kept), std::byte{0}));
    }
}

TEST_CASE("a failed write or flush, a write of nothing and a misused read are failures") {
    const Target target;
    SectorBuffer buffer(sector_size);

    struct Row {
        storage::IoEffect effect;
        std::int64_t outcome;
        int os_error;
    };

    const Row rows[] = {
        {storage::Write{.offset = 0, .bytes = buffer.bytes(), .token = {}}, -EIO, EIO},
        {storage::Write{.offset = 0, .bytes = buffer.bytes(), .token = {}}, -ENOSPC, ENOSPC},
        {storage::Write{.offset = 0, .bytes = buffer.bytes(), .token = {}}, 0, EIO},
        {storage::Write{.offset = 0, .bytes = buffer.bytes(), .token = {}}, 512, EIO},
        {storage::Flush{}, -EIO, EIO},
        {storage::Read{.offset = 0, .bytes = buffer.bytes(), .token = {}}, -EINVAL, EINVAL},
        {storage::Extend{.size = 2 * file_size, .token = {}}, -EFBIG, EFBIG},
    };
    for (const Row& row : rows) {
        IoProgress progress(row.effect, target.file());
        progress.advance(row.outcome);
        REQUIRE(progress.state() == State::failed);
        CHECK(progress.failure().os_error == row.os_error);
    }
}

TEST_CASE("an extension allocates what is missing") {
    const Target target;
    IoProgress progress(storage::Extend{.size = 3 * file_size, .token = {}}, target.file());
    CHECK(progress.step().kind == Kind::allocate);
    CHECK(progress.step().offset == file_size);
    CHECK(progress.step().length == 2 * file_size);
    progress.advance(0);
    CHECK(progress.status() == storage::IoStatus::ok);
}

TEST_CASE("an extension to a size the file has needs nothing of the kernel") {
    const Target target;
    for (const std::uint64_t size : {std::uint64_t{0}, file_size - 1, file_size}) {
        IoProgress progress(storage::Extend{.size = size, .token = {}}, target.file());
        REQUIRE(progress.step().kind == Kind::nothing);
        progress.advance(0);
        CHECK(progress.status() == storage::IoStatus::ok);
    }
}

TEST_CASE("where the file system cannot allocate, an extension writes zeros") {
    const Target target;
    const std::uint64_t growth = 100 * sector_size;
    IoProgress progress(storage::Extend{.size = file_size + growth, .token = {}}, target.file());
    progress.advance(-EOPNOTSUPP);
    std::uint64_t written = 0;
    while (progress.state() == State::more) {
        const IoStep& step = progress.step();
        REQUIRE(step.kind == Kind::write);
        CHECK(step.offset == file_size + written);
        CHECK(all_bytes_are({step.buffer, step.length}, std::byte{0}));
        written += step.length;
        progress.advance(static_cast<std::int64_t>(step.length));
    }
    CHECK(written == growth);
    CHECK(progress.status() == storage::IoStatus::ok);
}

TEST_CASE("running out of space while extending is a state, not a failure") {
    const Target target;
    const storage::Extend extend{.size = 2 * file_size, .token = {}};
    IoProgress allocating(extend, target.file());
    allocating.advance(-ENOSPC);
    CHECK(allocating.state() == State::done);
    CHECK(allocating.status() == storage::IoStatus::no_space);
    IoProgress writing(extend, target.file());
    writing.advance(-EOPNOTSUPP);
    writing.advance(-ENOSPC);
    CHECK(writing.state() == State::done);
    CHECK(writing.status() == storage::IoStatus::no_space);
}
