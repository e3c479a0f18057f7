#include "orchestrator/spec/json.hpp"

namespace elytractl::spec {
namespace {

constexpr std::size_t short_text_size_max = 60;

}  // namespace

std::string child_pointer(std::string_view pointer, std::string_view key) {
    std::string child(pointer);
    child += '/';
    for (const char c : key) {
        if (c == '~') {
            child += "~0";
        } else if (c == '/') {
            child += "~1";
        } else {
            child += c;
        }
    }
    return child;
}

std::vector<std::string> pointer_keys(std::string_view pointer) {
    std::vector<std::string> keys;
    for (std::size_t at = 0; at < pointer.size(); ++at) {
        const char c = pointer[at];
        if (c == '/') {
            keys.emplace_back();
        } else if (c == '~') {
            keys.back() += pointer[++at] == '0' ? '~' : '/';
        } else {
            keys.back() += c;
        }
    }
    return keys;
}

bool is_pointer(std::string_view text) {
    if (!text.empty() && text.front() != '/') return false;
    for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
        if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
    }
    return true;
}

const Json* find(const Json& value, std::string_view pointer) {
    const Json* at = &value;
    for (const std::string& key : pointer_keys(pointer)) {
        if (!at->is_object()) return nullptr;
        const auto found = at->find(key);
        if (found == at->end()) return nullptr;
        at = &*found;
    }
    return at;
}

std::string short_text(const Json& value) {
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= short_text_size_max) return text;
    std::size_t size = short_text_size_max;
    const auto continues = [&text](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (size > 0 && continues(size)) --size;
    return text.substr(0, size) + "...";
}

}  // namespace elytractl::spec
