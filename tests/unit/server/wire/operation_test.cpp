#include "server/wire/operation.hpp"

#include <cstdint>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

using namespace elytra::wire;

TEST_CASE("a byte is an operation exactly when its number has a meaning") {
    for (std::uint32_t raw = 0; raw < 256; ++raw) {
        CAPTURE(raw);
        const auto operation = to_operation(static_cast<std::uint8_t>(raw));
        const bool expected = raw == 2 || raw == 6 || (raw >= 128 && raw <= 147);
        REQUIRE(operation.has_value() == expected);
        if (!expected) continue;
        CHECK(static_cast<std::uint32_t>(*operation) == raw);
        CHECK(traits_of(*operation).operation == *operation);
    }
}

TEST_CASE("operations have distinct names, and all but control operations have sizes") {
    std::set<std::string_view> names;
    for (const OperationTraits& traits : detail::operation_table) {
        CAPTURE(traits.name);
        CHECK(names.insert(traits.name).second);
        const bool control = traits.kind == OperationKind::control;
        CHECK((traits.event_size == 0) == control);
        CHECK((traits.result_size == 0) == control);
    }
}

TEST_CASE("only create operations of older clients answer with failures alone") {
    for (const OperationTraits& traits : detail::operation_table) {
        CAPTURE(traits.name);
        const bool sparse = traits.result_form == ResultForm::sparse;
        CHECK(sparse == (traits.result_size == 8));
        if (sparse) CHECK(traits.kind == OperationKind::create);
    }
}
