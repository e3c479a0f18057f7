#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace elytra::runtime {

// Tells when a growing data file comes near its limit, once for each mark. One thread.
class GrowthWarning {
public:
    explicit GrowthWarning(std::uint64_t size_max) : size_max_(size_max) {}

    // The highest mark, in percent of the limit, that `used` bytes have passed for the first time.
    std::optional<std::uint32_t> passed(std::uint64_t used);

private:
    static constexpr std::array<std::uint32_t, 2> marks = {80, 95};

    std::uint64_t size_max_;
    std::size_t marks_passed_ = 0;
};

}  // namespace elytra::runtime
