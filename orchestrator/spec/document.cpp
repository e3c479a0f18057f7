#include "orchestrator/spec/document.hpp"

#include <utility>
#include <vector>

namespace elytractl::spec {
namespace {

// The descendants of a pointer begin with it and a slash.
void erase_descendants(std::map<std::string, Place, std::less<>>& places,
                       const std::string& pointer) {
    const auto begin = places.lower_bound(pointer + '/');
    auto end = begin;
    while (end != places.end() && end->first.starts_with(pointer + '/')) ++end;
    places.erase(begin, end);
}

class Merger {
public:
    Merger(Document& document, const Document& patch) : document_(document), patch_(patch) {}

    void merge(Json& target, const Json& patch, const std::string& pointer) {
        take_places(pointer);
        if (!patch.is_object()) {
            forget_descendants(pointer);
            target = patch;
            take_descendants(pointer);
            return;
        }
        if (!target.is_object()) {
            forget_descendants(pointer);
            target = Json::object();
        }
        for (const auto& [key, value] : patch.items()) {
            const std::string child = child_pointer(pointer, key);
            if (value.is_null()) {
                remove(target, key, child);
            } else {
                merge(target[key], value, child);
            }
        }
    }

private:
    void remove(Json& target, const std::string& key, const std::string& pointer) {
        target.erase(key);
        forget_descendants(pointer);
        document_.places.erase(pointer);
        document_.key_places.erase(pointer);
    }

    void forget_descendants(const std::string& pointer) {
        erase_descendants(document_.places, pointer);
        erase_descendants(document_.key_places, pointer);
    }

    void take_places(const std::string& pointer) {
        const auto place = patch_.places.find(pointer);
        if (place != patch_.places.end()) document_.places[pointer] = place->second;
        const auto key = patch_.key_places.find(pointer);
        if (key != patch_.key_places.end()) document_.key_places[pointer] = key->second;
    }

    void take_descendants(const std::string& pointer) {
        const std::string prefix = pointer + '/';
        for (const auto* places : {&patch_.places, &patch_.key_places}) {
            auto& own = places == &patch_.places ? document_.places : document_.key_places;
            for (auto at = places->lower_bound(prefix);
                 at != places->end() && at->first.starts_with(prefix); ++at) {
                own[at->first] = at->second;
            }
        }
    }

    Document& document_;
    const Document& patch_;
};

}  // namespace

Place Document::place_of(std::string_view pointer) const {
    while (true) {
        const auto found = places.find(pointer);
        if (found != places.end()) return found->second;
        if (pointer.empty()) return Place{};
        pointer = pointer.substr(0, pointer.rfind('/'));
    }
}

Place Document::key_place_of(std::string_view pointer) const {
    const auto found = key_places.find(pointer);
    return found != key_places.end() ? found->second : place_of(pointer);
}

Document single_value(std::string_view pointer, Json value, const Place& place) {
    Document document;
    document.value = std::move(value);
    document.places[std::string(pointer)] = place;
    std::vector<std::string> keys = pointer_keys(pointer);
    for (; !keys.empty(); keys.pop_back()) {
        Json parent = Json::object();
        parent[keys.back()] = std::move(document.value);
        document.value = std::move(parent);
        pointer = pointer.substr(0, pointer.rfind('/'));
        document.places[std::string(pointer)] = place;
    }
    return document;
}

void merge(Document& document, const Document& patch) {
    Merger(document, patch).merge(document.value, patch.value, "");
}

}  // namespace elytractl::spec
