#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/engine/account_table.hpp"

using namespace elytra;
using namespace elytra::engine;

// The input is what the segment of a cut's account changes might hold. What decodes is the only
// encoding of its changes, and its accounts ascend.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    const std::optional<std::vector<AccountTable::Change>> changes = decode_changes(input);
    if (!changes.has_value()) return 0;
    const auto descends = [](const AccountTable::Change& left, const AccountTable::Change& right) {
        return left.account >= right.account;
    };
    ELYTRA_ASSERT(std::ranges::adjacent_find(*changes, descends) == changes->end());
    ELYTRA_ASSERT(std::ranges::equal(encode(*changes), input));
    return 0;
}
