#include "orchestrator/host/file_digest.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::host {
namespace {

using elytra::Result;
using elytra::Unexpected;

constexpr std::size_t chunk_size = 1U << 20;

std::string hexadecimal(std::span<const unsigned char> bytes) {
    std::string text;
    for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
}

}  // namespace

std::string sha256_of(std::string_view bytes) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    const std::vector<unsigned char> copy(bytes.begin(), bytes.end());
    crypto_hash_sha256(hash.data(), copy.data(), copy.size());
    return hexadecimal(hash);
}

Result<FileDigest, int> copy_and_digest(int source, TemporaryFile* target) {
    crypto_hash_sha256_state state{};
    crypto_hash_sha256_init(&state);
    std::vector<unsigned char> chunk(chunk_size);
    FileDigest digest;
    while (true) {
        const ssize_t count = read(source, chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Unexpected(errno);
        if (count == 0) break;
        const std::span bytes = std::span(chunk).first(elytra::narrow<std::size_t>(count));
        crypto_hash_sha256_update(&state, bytes.data(), bytes.size());
        digest.size += bytes.size();
        if (target == nullptr) continue;
        const auto written = target->append(std::as_bytes(bytes));
        if (!written.has_value()) return Unexpected(written.error());
    }
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256_final(&state, hash.data());
    digest.sha256 = hexadecimal(hash);
    return digest;
}

Result<FileDigest, int> digest_file(const std::string& path) {
    const elytra::io::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return Unexpected(errno);

    struct stat status {};

    if (fstat(file.get(), &status) != 0) return Unexpected(errno);
    if (S_ISDIR(status.st_mode)) return Unexpected(EISDIR);
    if (!S_ISREG(status.st_mode)) return Unexpected(EINVAL);
    return copy_and_digest(file.get(), nullptr);
}

}  // namespace elytractl::host
