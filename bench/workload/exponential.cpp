#include "bench/workload/exponential.hpp"

#include <bit>

#include "bench/workload/fixed_point.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::bench {

Exponential::Exponential(std::uint64_t mean) : mean_(mean), logarithms_{} {
    ELYTRA_ASSERT(mean < std::uint64_t{1} << 26);
    for (std::size_t index = 0; index <= steps; ++index) {
        const std::uint64_t log2 = log2_q32(steps + index) - step_bits * q32_one;
        logarithms_[index] = static_cast<std::uint64_t>(static_cast<u128>(log2) * q32_ln2 >> 32);
    }
}

std::uint64_t Exponential::pick(std::uint64_t word) const {
    // U = 2^-halvings * (1 + fraction), and what is drawn is -ln U.
    const int zeros = std::countl_zero(word | 1);
    const std::uint64_t halvings = static_cast<std::uint64_t>(zeros) + 1;
    const std::uint64_t fraction = word << zeros << 1;  // out of 2^64
    const std::size_t step = static_cast<std::size_t>(fraction >> (64 - step_bits));
    const std::uint64_t within = fraction << step_bits >> 32;  // out of 2^32
    const std::uint64_t rise = logarithms_[step + 1] - logarithms_[step];
    const std::uint64_t logarithm = logarithms_[step] + (rise * within >> 32);
    return (halvings * q32_ln2 - logarithm) * mean_ >> 32;
}

}  // namespace elytra::bench
