#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/wire/header.hpp"

// The checksum of messages and of the data file: AEGIS-128L as a MAC with a key and a nonce of
// zeros. It detects damage; it authenticates nobody.
namespace elytra::wire {

enum class ChecksumImplementation : std::uint8_t {
    portable,
    aes_instructions,  // x86-64 with AES-NI
};

std::string_view to_text(ChecksumImplementation implementation);

// The one that checksum() uses on this processor; both give the same values.
ChecksumImplementation checksum_implementation();

u128 checksum(std::span<const std::byte> bytes);

// With a given implementation, to check one against the other.
// Requires: portable, or what checksum_implementation() returned.
u128 checksum_with(ChecksumImplementation implementation, std::span<const std::byte> bytes);

// Of no bytes at all: the checksum_body of every message without body.
inline constexpr u128 checksum_empty = make_u128(0x49f174618255402d, 0xe6e7e3c40d60cc83);

// What the checksum field of a header must hold: it covers everything behind its own 16 bytes.
template <HeaderType T>
u128 checksum_of_header(const T& header) {
    return checksum(std::as_bytes(std::span(&header, 1)).subspan(sizeof(u128)));
}

// Fills in the checksum alone. Requires: all other fields, checksum_body included, are final.
template <HeaderType T>
void seal_header(T& header) {
    header.frame.checksum = checksum_of_header(header);
}

// Fills in both checksums. Requires: all other fields are final.
template <HeaderType T>
void seal(T& header, std::span<const std::byte> body) {
    ELYTRA_ASSERT(header.frame.size == header_size + body.size());
    header.frame.checksum_body = checksum(body);
    seal_header(header);
}

// Fills in both checksums and the context, which is the checksum that the header would have without
// one. A reply sent again in a later view keeps its context: change the view, then seal_header().
// Requires: all other fields are final.
void seal_reply(ReplyHeader& header, std::span<const std::byte> body);

}  // namespace elytra::wire
