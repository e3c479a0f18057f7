#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace elytra::bench {

// What was wrong with the answers of a load, counted by kind so that a million failures are one
// line.
class Findings {
public:
    static constexpr std::size_t kinds_max = 20;  // what comes after is counted as "other findings"

    // `example` tells the first case of its kind: "transfer 17".
    void add(std::string_view kind, std::string_view example);

    // Adds what was found elsewhere, behind what is here.
    void merge(const Findings& other);

    bool empty() const { return found_.empty(); }

    // "create_transfers: exists (3 times, first: event 17)", in the order of first appearance.
    std::vector<std::string> sentences() const;

private:
    struct Finding {
        std::string kind;
        std::string example;
        std::uint64_t count = 0;
    };

    void add(const Finding& added);

    std::vector<Finding> found_;
};

}  // namespace elytra::bench
