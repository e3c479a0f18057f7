#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "server/common/assert.hpp"

namespace elytra {

// The error half of a Result; spelled as std::unexpected so that both can be replaced by
// <expected>.
template <class E>
class Unexpected {
public:
    constexpr explicit Unexpected(E error) : error_(std::move(error)) {}

    constexpr const E& error() const& { return error_; }

    constexpr E&& error() && { return std::move(error_); }

private:
    E error_;
};

// Either a value or the reason why there is none. The subset of std::expected that the code needs;
// g++ 12 in C++20 mode has no <expected>. Accessing the missing half is a bug and aborts.
template <class T, class E>
class [[nodiscard]] Result {
public:
    using value_type = T;
    using error_type = E;

    constexpr Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}

    constexpr Result(Unexpected<E> unexpected)
        : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

    constexpr bool has_value() const { return state_.index() == 0; }

    constexpr explicit operator bool() const { return has_value(); }

    constexpr T& value() & {
        ELYTRA_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }

    constexpr const T& value() const& {
        ELYTRA_ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }

    constexpr T&& value() && {
        ELYTRA_ASSERT(has_value());
        return std::move(*std::get_if<0>(&state_));
    }

    constexpr const E& error() const {
        ELYTRA_ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }

    constexpr T& operator*() & { return value(); }

    constexpr const T& operator*() const& { return value(); }

    constexpr T* operator->() { return &value(); }

    constexpr const T* operator->() const { return &value(); }

private:
    std::variant<T, E> state_;
};

// A Result without a value: success, or the reason of the failure.
template <class E>
class [[nodiscard]] Result<void, E> {
public:
    using value_type = void;
    using error_type = E;

    constexpr Result() = default;

    constexpr Result(Unexpected<E> unexpected)
        : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

    constexpr bool has_value() const { return state_.index() == 0; }

    constexpr explicit operator bool() const { return has_value(); }

    constexpr const E& error() const {
        ELYTRA_ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<std::monostate, E> state_;
};

}  // namespace elytra
