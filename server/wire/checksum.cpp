#include "server/wire/checksum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace elytra::wire {

namespace {

constexpr std::size_t block_size = 16;
constexpr std::size_t step_size = 2 * block_size;
constexpr int updates_initial = 10;
constexpr int updates_final = 7;

// One AES state as four little-endian columns.
struct alignas(block_size) Block {
    std::array<std::uint32_t, 4> columns;
};

using State = std::array<Block, 8>;

constexpr std::uint8_t multiply_by_two(std::uint8_t value) {
    return static_cast<std::uint8_t>(value << 1 ^ (value >> 7) * 0x1b);
}

// The AES substitution box: the inverse in GF(2^8), then an affine map.
constexpr std::array<std::uint8_t, 256> make_substitution() {
    std::array<std::uint8_t, 256> box{};
    std::uint8_t power = 1;    // of 3, a generator of the field
    std::uint8_t inverse = 1;  // the same power of its inverse, 0xf6
    do {
        power = static_cast<std::uint8_t>(power ^ multiply_by_two(power));
        inverse = static_cast<std::uint8_t>(inverse ^ inverse << 1);
        inverse = static_cast<std::uint8_t>(inverse ^ inverse << 2);
        inverse = static_cast<std::uint8_t>(inverse ^ inverse << 4);
        if ((inverse & 0x80) != 0) inverse ^= 0x09;
        box[power] = static_cast<std::uint8_t>(0x63 ^ inverse ^ std::rotl(inverse, 1) ^
                                               std::rotl(inverse, 2) ^ std::rotl(inverse, 3) ^
                                               std::rotl(inverse, 4));
    } while (power != 1);
    box[0] = 0x63;
    return box;
}

// Substitution and column mixing of a byte in row 0. A byte in row k gives this rotated by k bytes.
constexpr std::array<std::uint32_t, 256> make_round_table() {
    const std::array<std::uint8_t, 256> substitution = make_substitution();
    std::array<std::uint32_t, 256> table{};
    for (std::size_t value = 0; value < table.size(); ++value) {
        const std::uint32_t once = substitution[value];
        const std::uint32_t twice = multiply_by_two(substitution[value]);
        table[value] = twice | once << 8 | once << 16 | (twice ^ once) << 24;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> round_table = make_round_table();

constexpr Block operator^(const Block& left, const Block& right) {
    Block both{};
    for (std::size_t i = 0; i < 4; ++i) both.columns[i] = left.columns[i] ^ right.columns[i];
    return both;
}

constexpr Block aes_round(const Block& block, const Block& key) {
    Block mixed{};
    for (std::size_t i = 0; i < 4; ++i) {
        // ShiftRows: row k of the result's column comes from k columns further right.
        const std::uint32_t row_0 = block.columns[i] & 0xff;
        const std::uint32_t row_1 = block.columns[(i + 1) % 4] >> 8 & 0xff;
        const std::uint32_t row_2 = block.columns[(i + 2) % 4] >> 16 & 0xff;
        const std::uint32_t row_3 = block.columns[(i + 3) % 4] >> 24;
        mixed.columns[i] = round_table[row_0] ^ std::rotl(round_table[row_1], 8) ^
                           std::rotl(round_table[row_2], 16) ^ std::rotl(round_table[row_3], 24);
    }
    return mixed ^ key;
}

constexpr void update(State& state, const Block& first, const Block& second) {
    const State old = state;
    for (std::size_t i = 0; i < 8; ++i) state[i] = aes_round(old[(i + 7) % 8], old[i]);
    state[0] = state[0] ^ first;
    state[4] = state[4] ^ second;
}

// The state with which every checksum starts: key and nonce are zero, so it is a constant.
constexpr State make_state_initial() {
    constexpr Block zero{};
    constexpr Block fibonacci_low{{0x02010100, 0x0d080503, 0x59372215, 0x6279e990}};
    constexpr Block fibonacci_high{{0x55183ddb, 0xf12fc26d, 0x42311120, 0xdd28b573}};
    State state{zero, fibonacci_high, fibonacci_low,  fibonacci_high,
                zero, fibonacci_low,  fibonacci_high, fibonacci_low};
    for (int i = 0; i < updates_initial; ++i) update(state, zero, zero);
    return state;
}

constexpr State state_initial = make_state_initial();

Block load_block(const std::byte* bytes) {
    Block block;
    std::memcpy(&block, bytes, block_size);
    return block;
}

// What is left after the whole steps, filled up with zeros.
std::array<std::byte, step_size> last_step(std::span<const std::byte> rest) {
    std::array<std::byte, step_size> step{};
    std::ranges::copy(rest, step.begin());
    return step;
}

u128 checksum_portable(std::span<const std::byte> bytes) {
    State state = state_initial;
    const std::size_t whole = round_down(bytes.size(), step_size);
    for (std::size_t i = 0; i < whole; i += step_size) {
        const std::byte* step = bytes.data() + i;
        update(state, load_block(step), load_block(step + block_size));
    }
    if (whole < bytes.size()) {
        const auto step = last_step(bytes.subspan(whole));
        update(state, load_block(step.data()), load_block(step.data() + block_size));
    }
    const u128 bits = u128{bytes.size()} * 8;
    const Block mixed = state[2] ^ std::bit_cast<Block>(bits);
    for (int i = 0; i < updates_final; ++i) update(state, mixed, mixed);
    Block tag = state[0];
    for (std::size_t i = 1; i < 7; ++i) tag = tag ^ state[i];
    return std::bit_cast<u128>(tag);
}

#if defined(__x86_64__)

struct AesState {
    __m128i s0, s1, s2, s3, s4, s5, s6, s7;
};

__attribute__((target("aes"), always_inline)) inline __m128i load_aes(const void* bytes) {
    return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

__attribute__((target("aes"), always_inline)) inline void update_aes(AesState& s, __m128i first,
                                                                     __m128i second) {
    const __m128i last = s.s7;
    s.s7 = _mm_aesenc_si128(s.s6, s.s7);
    s.s6 = _mm_aesenc_si128(s.s5, s.s6);
    s.s5 = _mm_aesenc_si128(s.s4, s.s5);
    s.s4 = _mm_aesenc_si128(s.s3, _mm_xor_si128(s.s4, second));
    s.s3 = _mm_aesenc_si128(s.s2, s.s3);
    s.s2 = _mm_aesenc_si128(s.s1, s.s2);
    s.s1 = _mm_aesenc_si128(s.s0, s.s1);
    s.s0 = _mm_aesenc_si128(last, _mm_xor_si128(s.s0, first));
}

__attribute__((target("aes"))) u128 checksum_aes(std::span<const std::byte> bytes) {
    AesState s{load_aes(&state_initial[0]), load_aes(&state_initial[1]),
               load_aes(&state_initial[2]), load_aes(&state_initial[3]),
               load_aes(&state_initial[4]), load_aes(&state_initial[5]),
               load_aes(&state_initial[6]), load_aes(&state_initial[7])};
    const std::size_t whole = round_down(bytes.size(), step_size);
    for (std::size_t i = 0; i < whole; i += step_size) {
        const std::byte* step = bytes.data() + i;
        update_aes(s, load_aes(step), load_aes(step + block_size));
    }
    if (whole < bytes.size()) {
        const auto step = last_step(bytes.subspan(whole));
        update_aes(s, load_aes(step.data()), load_aes(step.data() + block_size));
    }
    const u128 bits = u128{bytes.size()} * 8;
    const __m128i mixed = _mm_xor_si128(s.s2, load_aes(&bits));
    for (int i = 0; i < updates_final; ++i) update_aes(s, mixed, mixed);
    const __m128i low = _mm_xor_si128(_mm_xor_si128(s.s0, s.s1), _mm_xor_si128(s.s2, s.s3));
    const __m128i high = _mm_xor_si128(_mm_xor_si128(s.s4, s.s5), s.s6);
    return std::bit_cast<u128>(_mm_xor_si128(low, high));
}

#endif

}  // namespace

std::string_view to_text(ChecksumImplementation implementation) {
    switch (implementation) {
        case ChecksumImplementation::portable:
            return "portable";
        case ChecksumImplementation::aes_instructions:
            return "aes";
    }
    ELYTRA_ASSERT(false);
}

ChecksumImplementation checksum_implementation() {
#if defined(__x86_64__)
    // Two loads: the runtime asked CPUID before any constructor of ours ran.
    if (__builtin_cpu_supports("aes")) return ChecksumImplementation::aes_instructions;
#endif
    return ChecksumImplementation::portable;
}

u128 checksum(std::span<const std::byte> bytes) {
    return checksum_with(checksum_implementation(), bytes);
}

u128 checksum_with(ChecksumImplementation implementation, std::span<const std::byte> bytes) {
#if defined(__x86_64__)
    if (implementation == ChecksumImplementation::aes_instructions) return checksum_aes(bytes);
#endif
    ELYTRA_ASSERT(implementation == ChecksumImplementation::portable);
    return checksum_portable(bytes);
}

void seal_reply(ReplyHeader& header, std::span<const std::byte> body) {
    header.context = 0;
    seal(header, body);
    header.context = header.frame.checksum;
    seal_header(header);
}

}  // namespace elytra::wire
