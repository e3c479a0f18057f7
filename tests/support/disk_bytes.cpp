#include "tests/support/disk_bytes.hpp"

#include <algorithm>

namespace elytra::test {

void DiskBytes::read(std::uint64_t offset, std::span<std::byte> into) {
    std::ranges::fill(into, std::byte{0});
    const std::span<const std::byte> bytes = disk_.bytes();
    if (offset >= bytes.size()) return;
    const std::size_t size = std::min(into.size(), bytes.size() - std::size_t{offset});
    std::ranges::copy(bytes.subspan(offset, size), into.begin());
}

}  // namespace elytra::test
