#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "server/common/result.hpp"
#include "server/wire/operation.hpp"

// What travels between us and a load driver: driver_protocol.md. All numbers are little-endian.
namespace elytra::bench {

inline constexpr std::uint32_t driver_magic = 0x44594c45;  // the letters ELYD
inline constexpr std::uint32_t driver_version = 1;
inline constexpr std::size_t driver_head_size = 16;  // of each of the three

// The first that a driver writes, once its session is registered.
struct DriverHello {
    std::uint32_t magic = driver_magic;
    std::uint32_t version = driver_version;
    std::uint32_t events_max = 0;  // that a request may have
    std::uint32_t reserved = 0;

    bool operator==(const DriverHello&) const = default;
};

// Before the events of a request.
struct DriverRequest {
    std::uint64_t number = 0;     // 1, 2, 3 and so on
    std::uint32_t operation = 0;  // as wire::Operation
    std::uint32_t size = 0;       // of the events, bytes

    bool operator==(const DriverRequest&) const = default;
};

// Before the results of an answer.
struct DriverAnswer {
    std::uint64_t number = 0;  // of the request
    std::uint32_t size = 0;    // of the results, bytes
    std::uint32_t reserved = 0;

    bool operator==(const DriverAnswer&) const = default;
};

using DriverHead = std::array<std::byte, driver_head_size>;

static_assert(sizeof(DriverHello) == driver_head_size);
static_assert(sizeof(DriverRequest) == driver_head_size);
static_assert(sizeof(DriverAnswer) == driver_head_size);
static_assert(std::has_unique_object_representations_v<DriverHello>);
static_assert(std::has_unique_object_representations_v<DriverRequest>);
static_assert(std::has_unique_object_representations_v<DriverAnswer>);

DriverHead encode(const DriverHello& hello);
DriverHead encode(const DriverRequest& request);
DriverHead encode(const DriverAnswer& answer);

// What is wrong with it: "its hello begins with 4e 6f 74 20 (\"Not \") instead of ELYD".
Result<DriverHello, std::string> decode_hello(const DriverHead& head);

// For a driver's side. What is wrong with it, as above.
Result<DriverRequest, std::string> decode_request(const DriverHead& head);

// An answer to the request, which asked for `results_max` results at most.
Result<DriverAnswer, std::string> decode_answer(const DriverHead& head,
                                                const DriverRequest& request,
                                                std::uint64_t results_max);

}  // namespace elytra::bench
