#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "orchestrator/spec/json.hpp"
#include "orchestrator/spec/problem.hpp"
#include "server/common/result.hpp"

namespace elytractl::spec {

inline constexpr std::size_t document_size_max = 1U << 20;  // bytes of a file
inline constexpr std::size_t document_depth_max = 16;       // objects and lists within another

// A JSON value that knows where each of its parts was written.
struct Document {
    Json value = Json::object();
    std::map<std::string, Place, std::less<>> places;      // pointer → where the value begins
    std::map<std::string, Place, std::less<>> key_places;  // pointer → where its key begins

    // Of the value, or of the nearest one around it that has a place.
    Place place_of(std::string_view pointer) const;

    // Of the key if the value is a member of an object, otherwise as place_of.
    Place key_place_of(std::string_view pointer) const;
};

// Strict JSON (RFC 8259): no comments, no key twice in an object.
elytra::Result<Document, Problems> read_document(std::string_view text, std::string_view name);

elytra::Result<Document, Problems> read_document_file(const std::string& path);

// A document with the one value at `pointer`, objects around it, all from one place.
Document single_value(std::string_view pointer, Json value, const Place& place);

// RFC 7386: members replace members, objects are merged, everything else is replaced as a whole,
// and null removes.
void merge(Document& document, const Document& patch);

}  // namespace elytractl::spec
