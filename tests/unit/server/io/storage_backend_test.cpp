#include "server/io/storage_backend.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/io/new_data_file.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra;
using namespace elytra::io;
using elytra::storage::Durability;
using elytra::storage::IoEffect;
using elytra::storage::IoOwner;
using elytra::storage::IoStatus;
using elytra::storage::IoToken;
using elytra::test::TempDirectory;

namespace {

constexpr std::uint64_t file_size = 1U << 20;

IoToken token(std::uint32_t id) { return IoToken{.owner = IoOwner::page_store, .id = id}; }

// A data file behind one of the engines, and the completions that it reported.
class World {
public:
    explicit World(IoEngine engine) {
        REQUIRE(created_.create(file_size, DirectIo::preferred).has_value());
        auto made = make_storage(StorageSetup{.loop = loop_,
                                              .file = created_.file(),
                                              .log = Log(LogLevel::error),
                                              .engine = engine},
                                 [this](std::span<const IoCompletion> done) { on_done(done); });
        if (made.has_value()) storage_ = std::move(*made);
    }

    // A container may forbid io_uring; the other engine is always there.
    bool available() const { return storage_ != nullptr; }

    StorageBackend& storage() { return *storage_; }

    const DataFile& file() const { return created_.file(); }

    // Runs until the loop has no work, which is when nothing is in flight.
    void submit_and_wait(std::span<const IoEffect> effects) {
        storage_->submit(effects);
        CHECK(completions_.empty());
        loop_.restart();
        loop_.run();
    }

    IoStatus perform(const IoEffect& effect) {
        completions_.clear();
        submit_and_wait({&effect, 1});
        REQUIRE(completions_.size() == 1);
        return completions_.front().status;
    }

    std::vector<IoCompletion>& completions() { return completions_; }

private:
    void on_done(std::span<const IoCompletion> done) {
        completions_.insert(completions_.end(), done.begin(), done.end());
    }

    TempDirectory directory_;
    NewDataFile created_{directory_.path("file")};
    asio::io_context loop_;
    std::vector<IoCompletion> completions_;
    std::unique_ptr<StorageBackend> storage_;
};

constexpr IoEngine engines[] = {IoEngine::io_uring, IoEngine::threads};

// Bytes that tell where they belong.
void fill(std::span<std::byte> bytes, std::uint64_t offset) {
    Prng prng(offset);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.next());
}

struct Range {
    std::uint64_t offset;
    std::uint64_t size;
};

// Cuts the file into ranges of one sector up to 64.
std::vector<Range> cut_file(Prng& prng) {
    std::vector<Range> ranges;
    for (std::uint64_t offset = 0; offset < file_size;) {
        const std::uint64_t wanted = prng.between(1, 64) * sector_size;
        ranges.push_back(Range{offset, std::min(wanted, file_size - offset)});
        offset += ranges.back().size;
    }
    return ranges;
}

}  // namespace

TEST_CASE("what was written is read back, whatever the sizes and the order") {
    for (const IoEngine engine : engines) {
        World world(engine);
        if (!world.available()) continue;
        CAPTURE(world.storage().name());
        Prng prng(7);
        std::vector<SectorBuffer> buffers;
        std::vector<IoEffect> writes;
        for (const Range& range : cut_file(prng)) {
            buffers.emplace_back(range.size);
            fill(buffers.back().bytes(), range.offset);
            writes.push_back(storage::Write{
                .offset = range.offset,
                .bytes = buffers.back().bytes(),
                .durability = prng.chance(1, 2) ? Durability::durable : Durability::volatile_cache,
                .token = token(static_cast<std::uint32_t>(writes.size()))});
        }
        std::reverse(writes.begin(), writes.end());
        world.submit_and_wait(writes);
        CHECK(world.completions().size() == writes.size());
        CHECK(world.perform(storage::Flush{token(0)}) == IoStatus::ok);

        SectorBuffer whole(file_size);
        CHECK(world.perform(storage::Read{
                  .offset = 0, .bytes = whole.bytes(), .token = token(1)}) == IoStatus::ok);
        for (const IoEffect& effect : writes) {
            const auto& write = std::get<storage::Write>(effect);
            const auto read = whole.bytes().subspan(write.offset, write.bytes.size());
            CHECK(std::equal(read.begin(), read.end(), write.bytes.begin()));
        }
    }
}

TEST_CASE("each of many operations submitted at once is completed once, under its token") {
    for (const IoEngine engine : engines) {
        World world(engine);
        if (!world.available()) continue;
        CAPTURE(world.storage().name());
        std::vector<SectorBuffer> buffers;
        std::vector<IoEffect> reads;
        for (std::uint32_t id = 0; id < storage_operations_max; ++id) {
            buffers.emplace_back(sector_size);
            reads.push_back(storage::Read{.offset = id % 256 * std::uint64_t{sector_size},
                                          .bytes = buffers.back().bytes(),
                                          .token = token(id)});
        }
        world.submit_and_wait(reads);
        std::map<IoToken, int> seen;
        for (const IoCompletion& completion : world.completions()) ++seen[completion.token];
        CHECK(world.completions().size() == reads.size());
        CHECK(seen.size() == reads.size());
    }
}

TEST_CASE("a read across the end of the file fills the rest with zeros") {
    for (const IoEngine engine : engines) {
        World world(engine);
        if (!world.available()) continue;
        CAPTURE(world.storage().name());
        SectorBuffer last(sector_size);
        fill(last.bytes(), 1);
        world.perform(storage::Write{.offset = file_size - sector_size,
                                     .bytes = last.bytes(),
                                     .durability = Durability::durable,
                                     .token = token(0)});
        SectorBuffer buffer(3 * sector_size);
        for (std::byte& byte : buffer.bytes()) byte = std::byte{1};
        CHECK(world.perform(storage::Read{
                  .offset = file_size - sector_size, .bytes = buffer.bytes(), .token = token(1)}) ==
              IoStatus::ok);
        CHECK(std::equal(last.bytes().begin(), last.bytes().end(), buffer.bytes().begin()));
        const auto beyond = buffer.bytes().subspan(sector_size);
        CHECK(std::all_of(beyond.begin(), beyond.end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
    }
}

TEST_CASE("an extension grows the file, never shrinks it, and says when there is no space") {
    for (const IoEngine engine : engines) {
        World world(engine);
        if (!world.available()) continue;
        CAPTURE(world.storage().name());
        CHECK(world.perform(storage::Extend{.size = 2 * file_size, .token = token(0)}) ==
              IoStatus::ok);
        CHECK(world.file().size() == 2 * file_size);
        CHECK(world.perform(storage::Extend{.size = file_size, .token = token(0)}) == IoStatus::ok);
        CHECK(world.file().size() == 2 * file_size);
    }
}

TEST_CASE("a backend may be destroyed while operations are in flight") {
    for (const IoEngine engine : engines) {
        SectorBuffer buffer(file_size);
        World world(engine);
        if (!world.available()) continue;
        const IoEffect effects[] = {
            storage::Read{.offset = 0, .bytes = buffer.bytes(), .token = token(0)},
            storage::Flush{token(1)}};
        world.storage().submit(effects);
        CHECK(world.completions().empty());
    }
}

TEST_CASE("the automatic choice always finds an engine") {
    World world(IoEngine::automatic);
    REQUIRE(world.available());
    CHECK(world.perform(storage::Flush{token(0)}) == IoStatus::ok);
}
