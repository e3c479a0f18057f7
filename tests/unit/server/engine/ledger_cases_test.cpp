#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "server/common/int.hpp"
#include "server/common/text.hpp"
#include "server/wire/body.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"

// Runs the scenarios of tests/data/ledger/cases.json. Everything about bytes comes from ledger.json
// beside it (layouts, numbers, flags), so that the structs of the server are not used to test
// themselves.
namespace elytra::test {
namespace {

using nlohmann::json;
using wire::Operation;

json load_json(const char* name) {
    std::ifstream file(std::string(ELYTRA_TEST_DATA "/ledger/") + name);
    REQUIRE(file.good());
    return json::parse(file);
}

// A description of all formats, read once.
class Formats {
public:
    Formats() : description_(load_json("ledger.json")) {}

    const json& operation(const std::string& name) const {
        return find(description_["operations"], "name", name);
    }

    std::uint32_t number_of(const std::string& enumeration, const std::string& name) const {
        return find(description_["enums"][enumeration]["values"], "name", name)["number"];
    }

    const json& values_of(const std::string& enumeration) const {
        return description_["enums"][enumeration]["values"];
    }

    std::uint32_t size_of(const std::string& type) const {
        return description_["structs"][type]["size"];
    }

    const json& field(const std::string& type, const std::string& name) const {
        return find(description_["structs"][type]["fields"], "name", name);
    }

    std::uint32_t flag(const std::string& type, const std::string& name) const {
        return description_["flags"][type]["values"][name];
    }

private:
    static const json& find(const json& list, const char* key, const std::string& value) {
        for (const json& entry : list) {
            if (entry[key] == value) return entry;
        }
        FAIL("unknown name in the test data: ", value);
        return list;
    }

    json description_;
};

u128 parse_decimal(const std::string& text) {
    u128 value = 0;
    for (const char digit : text) value = value * 10 + static_cast<u128>(digit - '0');
    return value;
}

// Every status that any scenario gets, to find the ones that none gets.
using StatusesSeen = std::set<std::pair<std::string, std::string>>;

class CaseRunner {
public:
    CaseRunner(const Formats& formats, const json& scenario, StatusesSeen& seen)
        : formats_(formats),
          scenario_(scenario),
          seen_(seen),
          driver_({.wall = dictates_clock() ? 1U : 1'700'000'000'000'000'000U}) {}

    void run() {
        for (const json& step : scenario_["steps"]) {
            CAPTURE(step.dump());
            run_step(step);
        }
    }

private:
    bool dictates_clock() const {
        return std::ranges::count(scenario_["needs"], json("clock")) > 0;
    }

    void run_step(const json& step) {
        const std::string what = step["do"];
        if (what == "advance") {
            driver_.advance(static_cast<std::uint64_t>(step["seconds"].get<double>() * 1e9));
        } else if (what == "clock") {
            driver_.set_timestamp_next(low_half(number(step["at"])));
        } else if (what == "refused") {
            check_refused(step);
        } else if (what == "balances") {
            check_balances(step);
        } else if (what.find("create_") != std::string::npos) {
            check_create(step);
        } else if (what.find("lookup_") != std::string::npos) {
            check_lookup(step);
        } else {
            check_query(step);
        }
    }

    // A number, a decimal string, or "@label" with an optional offset.
    u128 number(const json& value) const {
        if (value.is_number()) return value.get<std::uint64_t>();
        const std::string text = value;
        if (text.front() != '@') return parse_decimal(text);
        const std::size_t sign = text.find_first_of("+-");
        const u128 base = labels_.at(text.substr(1, sign == std::string::npos ? sign : sign - 1));
        if (sign == std::string::npos) return base;
        const u128 offset = parse_decimal(text.substr(sign + 1));
        return text[sign] == '+' ? base + offset : base - offset;
    }

    u128 flags(const std::string& type, const json& names) const {
        u128 flags = 0;
        for (const json& name : names) flags |= formats_.flag(type, name);
        return flags;
    }

    // The value that a field of the test data stands for.
    u128 value_of(const json& field, const json& value) const {
        const std::string type = field["type"];
        if (value.is_array()) return flags(type, value);
        if (value.is_string() && type == "ChangeEventType") return formats_.number_of(type, value);
        return number(value);
    }

    Bytes encode(const std::string& type, const json& fields) const {
        Bytes object(formats_.size_of(type));
        u128 flags = 0;
        for (const auto& [name, value] : fields.items()) {
            if (name == "label") continue;
            const bool extra = name == "flags_extra";
            const json& field = formats_.field(type, extra ? "flags" : name);
            u128 encoded = value_of(field, value);
            if (field["name"] == "flags") encoded = flags |= encoded;
            const std::size_t size = field["size"].get<std::size_t>();
            std::memcpy(object.data() + field["offset"].get<std::size_t>(), &encoded,
                        std::min(size, sizeof(encoded)));
        }
        return object;
    }

    u128 decode(const std::string& type, const std::string& name, const std::byte* object) const {
        const json& field = formats_.field(type, name);
        u128 value = 0;
        std::memcpy(&value, object + field["offset"].get<std::size_t>(),
                    std::min(field["size"].get<std::size_t>(), sizeof(value)));
        return value;
    }

    void check_field(const std::string& type, const std::byte* object, const std::string& name,
                     const json& expected) const {
        CAPTURE(name);
        CHECK(to_decimal(decode(type, name, object)) ==
              to_decimal(value_of(formats_.field(type, name), expected)));
    }

    static json with_defaults(const std::string& type, json event) {
        if (type != "Account" && type != "Transfer") return event;
        if (!event.contains("ledger")) event["ledger"] = 1;
        if (!event.contains("code")) event["code"] = 1;
        return event;
    }

    static std::vector<json> batches_of(const json& step) {
        if (step.contains("batches")) return step["batches"];
        return {step};
    }

    Bytes encode_batch(const std::string& type, const json& batch) const {
        Bytes bytes;
        for (const json& event : batch["events"]) {
            const Bytes object = encode(type, with_defaults(type, event));
            bytes.insert(bytes.end(), object.begin(), object.end());
        }
        return bytes;
    }

    static Operation operation_of(const json& description) {
        const auto operation = wire::to_operation(description["number"].get<std::uint8_t>());
        REQUIRE(operation.has_value());
        return *operation;
    }

    std::vector<Bytes> execute(const json& description, const std::vector<Bytes>& batches) {
        const Operation operation = operation_of(description);
        const Bytes body = request_body(operation, batches);
        REQUIRE(wire::body_valid(operation, body, wire::body_size_max));
        return driver_.execute(operation, body);
    }

    void check_create(const json& step) {
        const json& description = formats_.operation(step["do"]);
        const std::string type = description["event"];
        const std::vector<json> batches = batches_of(step);
        std::vector<Bytes> encoded;
        std::size_t event_count = 0;
        for (const json& batch : batches) {
            encoded.push_back(encode_batch(type, batch));
            event_count += batch["events"].size();
        }
        const std::vector<Bytes> replies = execute(description, encoded);
        REQUIRE(replies.size() == batches.size());
        std::uint64_t slot = driver_.timestamp() - event_count + 1;
        for (std::size_t index = 0; index < batches.size(); ++index) {
            const json& batch = batches[index];
            if (batch.contains("expect_errors")) {
                check_errors(type, batch["expect_errors"], replies[index]);
            } else {
                check_results(type, batch, replies[index], slot);
            }
            slot += batch["events"].size();
        }
    }

    void check_status(const std::string& type, const std::string& expected, std::uint32_t status) {
        const std::string enumeration = "Create" + type + "Status";
        const std::string name(
            type == "Account" ? wire::name_of(static_cast<wire::CreateAccountStatus>(status))
                              : wire::name_of(static_cast<wire::CreateTransferStatus>(status)));
        CHECK(name == expected);
        CHECK(status == formats_.number_of(enumeration, expected));
        seen_.insert({enumeration, name});
    }

    void check_results(const std::string& type, const json& batch, const Bytes& reply,
                       std::uint64_t slot) {
        const std::string result = "Create" + type + "Result";
        const std::size_t size = formats_.size_of(result);
        REQUIRE(reply.size() == batch["events"].size() * size);
        REQUIRE(batch["expect"].size() == batch["events"].size());
        for (std::size_t index = 0; index < batch["events"].size(); ++index, ++slot) {
            CAPTURE(index);
            const std::byte* object = reply.data() + index * size;
            const json& expected = batch["expect"][index];
            const u128 timestamp = decode(result, "timestamp", object);
            const json& event = batch["events"][index];
            if (event.contains("label")) labels_[event["label"]] = timestamp;
            const std::string status = expected.is_object() ? expected["status"] : expected;
            check_status(type, status,
                         static_cast<std::uint32_t>(decode(result, "status", object)));
            CHECK(to_decimal(timestamp) ==
                  to_decimal(expected.is_object() ? number(expected["ts"]) : slot));
            CHECK(decode(result, "reserved", object) == 0);
        }
    }

    void check_errors(const std::string& type, const json& expected, const Bytes& reply) {
        const std::string result = "Create" + type + "ErrorResult";
        const std::size_t size = formats_.size_of(result);
        REQUIRE(reply.size() == expected.size() * size);
        for (std::size_t index = 0; index < expected.size(); ++index) {
            const std::byte* object = reply.data() + index * size;
            CHECK(decode(result, "index", object) == expected[index][0].get<std::uint32_t>());
            check_status(type, expected[index][1],
                         static_cast<std::uint32_t>(decode(result, "result", object)));
        }
    }

    std::vector<Bytes> lookup(const json& description, const json& ids) {
        Bytes batch;
        for (const json& id : ids) {
            const Bytes encoded = encode("Id", {{"id", id}});
            batch.insert(batch.end(), encoded.begin(), encoded.end());
        }
        return execute(description, {batch});
    }

    void check_lookup(const json& step) {
        const json& description = formats_.operation(step["do"]);
        check_objects(description["result"], step["expect"],
                      lookup(description, step["ids"]).at(0));
    }

    void check_objects(const std::string& type, const json& expected, const Bytes& reply) const {
        const std::size_t size = formats_.size_of(type);
        REQUIRE(reply.size() == expected.size() * size);
        for (std::size_t index = 0; index < expected.size(); ++index) {
            CAPTURE(index);
            for (const auto& [name, value] : expected[index].items()) {
                check_field(type, reply.data() + index * size, name, value);
            }
        }
    }

    void check_balances(const json& step) {
        json ids = json::array();
        json expected = json::array();
        for (const auto& [id, balances] : step["expect"].items()) {
            ids.push_back(id);
            expected.push_back(named_balances(balances));
        }
        const Bytes reply = lookup(formats_.operation("lookup_accounts"), ids).at(0);
        check_objects("Account", expected, reply);
        std::set<std::string> closed;
        for (const json& id : step["closed"]) closed.insert(to_decimal(number(id)));
        for (std::size_t index = 0; index < ids.size(); ++index) {
            CAPTURE(ids[index].get<std::string>());
            const u128 flags = decode("Account", "flags", reply.data() + index * 128);
            CHECK(((flags & formats_.flag("AccountFlags", "closed")) != 0) ==
                  closed.contains(ids[index]));
        }
    }

    static json named_balances(const json& balances) {
        return {{"debits_pending", balances[0]},
                {"debits_posted", balances[1]},
                {"credits_pending", balances[2]},
                {"credits_posted", balances[3]}};
    }

    void check_query(const json& step) {
        const json& description = formats_.operation(step["do"]);
        const std::vector<json> batches = batches_of(step);
        std::vector<Bytes> encoded;
        for (const json& batch : batches) {
            encoded.push_back(encode(description["event"], batch["filter"]));
        }
        const std::vector<Bytes> replies = execute(description, encoded);
        REQUIRE(replies.size() == batches.size());
        for (std::size_t index = 0; index < batches.size(); ++index) {
            check_objects(description["result"], expected_rows(batches[index]), replies[index]);
        }
    }

    // The three ways to write what a query finds, as lists of fields.
    static json expected_rows(const json& batch) {
        json rows = json::array();
        if (batch.contains("expect_ids")) {
            for (const json& id : batch["expect_ids"]) rows.push_back({{"id", id}});
            return rows;
        }
        for (const json& expected : batch["expect"]) {
            json row = expected;
            if (expected.contains("balances")) {
                row = named_balances(expected["balances"]);
                row["timestamp"] = expected["ts"];
            }
            rows.push_back(row);
        }
        return rows;
    }

    void check_refused(const json& step) {
        if (step.contains("operation_number")) {
            CHECK_FALSE(
                wire::to_operation(step["operation_number"].get<std::uint8_t>()).has_value());
            CHECK(step["eviction"] == "invalid_request_operation");
            return;
        }
        const json& description = formats_.operation(step["operation"]);
        const Operation operation = operation_of(description);
        Bytes body;
        if (step.contains("body_hex")) {
            const std::string hex = step["body_hex"];
            for (std::size_t index = 0; index < hex.size(); index += 2) {
                body.push_back(
                    static_cast<std::byte>(std::stoul(hex.substr(index, 2), nullptr, 16)));
            }
        } else {
            std::vector<Bytes> batches;
            for (const json& batch : step["batches"]) {
                Bytes events;
                for (const json& event : batch["events"]) {
                    const Bytes object = encode(description["event"], event);
                    events.insert(events.end(), object.begin(), object.end());
                }
                batches.push_back(events);
            }
            body = request_body(operation, batches);
        }
        CHECK_FALSE(wire::body_valid(operation, body, wire::body_size_max));
        CHECK(step["eviction"] == "invalid_request_body");
    }

    const Formats& formats_;
    const json& scenario_;
    StatusesSeen& seen_;
    std::map<std::string, u128> labels_;
    LedgerDriver driver_;
};

TEST_CASE("every ledger scenario answers what the reference answers, and each status occurs") {
    const Formats formats;
    const json cases = load_json("cases.json");
    StatusesSeen seen;
    for (const json& scenario : cases["cases"]) {
        CAPTURE(scenario["id"].get<std::string>());
        CAPTURE(scenario["title"].get<std::string>());
        CaseRunner(formats, scenario, seen).run();
    }
    CHECK(cases["cases"].size() == 171);
    for (const std::string enumeration : {"CreateAccountStatus", "CreateTransferStatus"}) {
        for (const json& value : formats.values_of(enumeration)) {
            if (value.value("retired", false)) continue;
            CAPTURE(enumeration);
            CAPTURE(value["name"].get<std::string>());
            CHECK(seen.contains({enumeration, value["name"]}));
        }
    }
}

}  // namespace
}  // namespace elytra::test
