#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace elytractl::host {

enum class Level : std::uint8_t {
    ok,
    note,  // worth knowing, nothing to do
    warn,  // numbers or durability suffer
    fail,  // servers cannot run at all
};

// "ok", "note", "warn", "fail".
std::string_view to_text(Level level);

// What one check says about the machine.
struct Finding {
    std::string_view id;  // stable, for scripts: "io_uring"
    Level level = Level::ok;
    std::string text{};    // one line for people, the value included
    std::string value{};   // the value alone
    std::string advice{};  // what to do; empty where nothing is to be done
};

}  // namespace elytractl::host
