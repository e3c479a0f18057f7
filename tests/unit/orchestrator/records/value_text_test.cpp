#include "orchestrator/records/value_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace elytractl::records;

TEST_CASE("values have the unit of their metric") {
    CHECK(metric_text("throughput", 1234567.4) == "1 234 567/s");
    CHECK(metric_text("throughput", 999) == "999/s");
    CHECK(metric_text("batch.p99", 950) == "950 µs");
    CHECK(metric_text("batch.p99", 31'400) == "31.4 ms");
    CHECK(metric_text("batch.max", 2'500'000) == "2.50 s");
    CHECK(metric_text("load.late_fraction", 0.0012) == "0.12 %");
    CHECK(metric_text("member.rss_max", 3'253'000'000) == "3.03 GiB");
    CHECK(metric_text("cost.written_bytes_per_event", 402) == "402 B");
    CHECK(metric_text("cost.cpu_us_per_event", 7.9) == "7.90 µs");
}

TEST_CASE("a group is named by what tells it apart") {
    CHECK(group_text("", nullptr, nullptr).empty());
    CHECK(group_text("b", {{"/load/clients", 4}}, 92000) == "b, clients=4, 92 000/s");
}

TEST_CASE("columns are as wide as their widest text, and numbers stand on the right") {
    Table table({"run", "value", "name"});
    table.add({"a", "7", "long name"});
    table.add({"bcd", "1000", "ä"});
    CHECK(table.text() == "run  value  name\na        7  long name\nbcd   1000  ä\n");
}
