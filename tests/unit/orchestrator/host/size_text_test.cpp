#include "orchestrator/host/size_text.hpp"

#include <doctest/doctest.h>

using elytractl::host::size_text;

TEST_CASE("sizes are short") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(1023) == "1023 B");
    CHECK(size_text(1024) == "1.0 KiB");
    CHECK(size_text(67'633'152) == "64.5 MiB");
    CHECK(size_text(80ULL << 30) == "80.0 GiB");
    CHECK(size_text(512ULL << 20) == "512 MiB");
    CHECK(size_text(UINT64_MAX) == "16.0 EiB");
}
