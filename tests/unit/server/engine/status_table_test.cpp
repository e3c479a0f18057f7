#include "server/engine/status_table.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

using ledger::PendingStatus;
using ledger::TransferRow;

constexpr Limits limits = limits_tiny();
constexpr std::uint32_t rows_per_chunk = limits.chunk_size * 4;

TEST_CASE("a transfer that nobody resolved is pending, and takes no memory") {
    StatusTable statuses(limits);
    CHECK(statuses.status(TransferRow{0}) == PendingStatus::pending);
    CHECK(statuses.status(TransferRow{UINT32_MAX}) == PendingStatus::pending);
    CHECK(statuses.chunk_count() == 0);
    CHECK(statuses.cut().empty());
}

TEST_CASE("neighbours keep their statuses") {
    StatusTable statuses(limits);
    const PendingStatus all[] = {PendingStatus::posted, PendingStatus::voided,
                                 PendingStatus::expired, PendingStatus::pending};
    for (std::uint32_t row = 0; row < 64; ++row) statuses.set(TransferRow{row}, all[row / 3 % 4]);
    statuses.set(TransferRow{7}, PendingStatus::pending);
    for (std::uint32_t row = 0; row < 64; ++row) {
        CAPTURE(row);
        const PendingStatus expected = row == 7 ? PendingStatus::pending : all[row / 3 % 4];
        CHECK(statuses.status(TransferRow{row}) == expected);
    }
}

TEST_CASE("a cut has the chunks that were changed, and leaves no holes") {
    StatusTable statuses(limits);
    statuses.set(TransferRow{2 * rows_per_chunk}, PendingStatus::posted);
    std::vector<StatusTable::Image> images = statuses.cut();
    REQUIRE(images.size() == 3);
    for (std::uint32_t chunk = 0; chunk < 3; ++chunk) {
        CHECK(images[chunk].chunk == chunk);
        CHECK(images[chunk].bytes.size() == limits.chunk_size);
        CHECK(images[chunk].bytes.bytes()[0] == (chunk == 2 ? std::byte{1} : std::byte{0}));
    }
    CHECK(statuses.chunk_count() == 3);
    CHECK(statuses.cut().empty());
    statuses.set(TransferRow{rows_per_chunk + 1}, PendingStatus::expired);
    images = statuses.cut();
    REQUIRE(images.size() == 1);
    CHECK(images[0].chunk == 1);
    CHECK(images[0].bytes.bytes()[0] == std::byte{3 << 2});
}

TEST_CASE("an image does not change after its cut") {
    StatusTable statuses(limits);
    statuses.set(TransferRow{0}, PendingStatus::posted);
    const std::vector<StatusTable::Image> images = statuses.cut();
    statuses.set(TransferRow{0}, PendingStatus::pending);  // as undoing a chain does
    CHECK(images[0].bytes.bytes()[0] == std::byte{1});
    CHECK(statuses.cut().size() == 1);
}

// What a checkpoint holds: the newest image of every chunk.
using Checkpoint = std::map<std::uint32_t, SectorBuffer>;

StatusTable restored(const Checkpoint& checkpoint) {
    StatusTable statuses(limits);
    for (const auto& [chunk, bytes] : checkpoint) {
        CHECK(chunk == statuses.chunk_count());
        std::ranges::copy(bytes.bytes(), statuses.restore_chunk().begin());
    }
    return statuses;
}

TEST_CASE("any statuses come back from the images of many cuts") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        StatusTable statuses(limits);
        std::map<std::uint32_t, PendingStatus> expected;
        Checkpoint checkpoint;
        for (std::uint32_t cut = 0; cut < 10; ++cut) {
            for (std::uint64_t left = prng.below(200); left > 0; --left) {
                const auto row = static_cast<std::uint32_t>(prng.below(rows_per_chunk * 6));
                const auto status = static_cast<PendingStatus>(prng.between(1, 4));
                statuses.set(TransferRow{row}, status);
                expected[row] = status;
            }
            for (StatusTable::Image& image : statuses.cut()) {
                checkpoint[image.chunk] = std::move(image.bytes);
            }
        }
        const StatusTable after = restored(checkpoint);
        CHECK(after.chunk_count() == statuses.chunk_count());
        bool all_equal = true;
        for (std::uint32_t row = 0; row < rows_per_chunk * 7; ++row) {
            const auto found = expected.find(row);
            const PendingStatus status =
                found == expected.end() ? PendingStatus::pending : found->second;
            all_equal = all_equal && statuses.status(TransferRow{row}) == status &&
                        after.status(TransferRow{row}) == status;
        }
        CHECK(all_equal);
    }
}

}  // namespace
}  // namespace elytra::engine
