#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/spec/document.hpp"

namespace elytractl::spec {

// Values of a document with the defaults behind them, as the types that they stand for. Requires
// everywhere: check() found nothing in the document.
class Effective {
public:
    explicit Effective(const Document& document) : document_(document) {}

    const Document& document() const { return document_; }

    // Whether the document itself says something about a key.
    bool says(std::string_view pointer) const { return find(document_.value, pointer) != nullptr; }

    // Null where the document says nothing and there is no default, also none that follows from
    // other keys. Items of lists have none.
    Json value(std::string_view pointer) const;

    // Requires here: value(pointer) is not null.
    std::string text(std::string_view pointer) const;
    bool boolean(std::string_view pointer) const;
    std::uint64_t whole(std::string_view pointer) const;
    std::uint32_t small(std::string_view pointer) const;  // Requires: its maximum fits
    std::uint64_t nanoseconds(std::string_view pointer) const;
    double fraction(std::string_view pointer) const;

    // The place of a choice among its words.
    template <class Enum>
    Enum choice(std::string_view pointer) const {
        return static_cast<Enum>(choice_index(pointer));
    }

private:
    Json derived(std::string_view pointer) const;
    std::uint8_t choice_index(std::string_view pointer) const;

    const Document& document_;
};

// The document without its name and its report, with defaults, as JSON whose keys are sorted.
std::string identity_text(const Effective& values);

// Values that passed check().
double fraction_of(const Json& value);
std::uint64_t rate_of(const Json& value);  // rounded to whole events a second
std::uint64_t nanoseconds_of(const Json& value);

}  // namespace elytractl::spec
