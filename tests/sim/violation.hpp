#pragma once

#include <stdexcept>
#include <string>

namespace elytra::sim {

// A checker found that something is not as it must be. Ends the run; never thrown through the core.
class Violation : public std::runtime_error {
public:
    explicit Violation(const std::string& text) : std::runtime_error(text) {}
};

inline void require(bool holds, const char* otherwise) {
    if (!holds) throw Violation(otherwise);
}

}  // namespace elytra::sim
