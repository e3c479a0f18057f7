#include "orchestrator/report/text_page.hpp"

#include <algorithm>

#include "orchestrator/quantities/columns.hpp"

namespace elytractl::report {
namespace {

using quantities::columns_of;

constexpr std::size_t hanging_indent = 4;
constexpr std::size_t piece_gap = 3;

std::string_view escape_of(Emphasis emphasis) {
    switch (emphasis) {
        case Emphasis::none:
            return "";
        case Emphasis::strong:
            return "\x1b[1m";
        case Emphasis::good:
            return "\x1b[1;32m";
        case Emphasis::care:
            return "\x1b[1;33m";
        case Emphasis::bad:
            return "\x1b[1;31m";
    }
    return {};
}

// Where a line of at most `room` columns ends: the last blank in it, or the first one at all where
// a word is wider, or the end of the text.
std::size_t break_of(std::string_view text, std::size_t room) {
    if (columns_of(text) <= room) return text.size();
    std::size_t blank = text.find(' ');
    std::size_t cut = blank;
    while (blank != std::string_view::npos && columns_of(text.substr(0, blank)) <= room) {
        cut = blank;
        blank = text.find(' ', blank + 1);
    }
    return std::min(cut, text.size());
}

}  // namespace

void TextPage::pieces(std::size_t indent, std::span<const std::string> pieces) {
    std::string current;
    for (const std::string& piece : pieces) {
        if (piece.empty()) continue;
        const std::size_t wanted = indent + columns_of(current) + piece_gap + columns_of(piece);
        if (!current.empty() && wanted <= style_.columns) {
            current += std::string(piece_gap, ' ') + piece;
            continue;
        }
        if (!current.empty()) sentence(indent, current);
        current = piece;
    }
    if (!current.empty()) sentence(indent, current);
}

void TextPage::sentence(std::size_t indent, std::string_view text, Emphasis emphasis) {
    std::size_t margin = indent;
    while (true) {
        const std::size_t room = std::max(style_.columns, margin + 1) - margin;
        const std::size_t cut = break_of(text, room);
        line(margin, text.substr(0, cut), emphasis);
        if (cut == text.size()) return;
        text.remove_prefix(cut + 1);
        margin = indent + hanging_indent;
    }
}

void TextPage::rule() {
    for (std::size_t column = 0; column < style_.columns; ++column) text_ += "─";
    text_ += '\n';
}

void TextPage::line(std::size_t indent, std::string_view text, Emphasis emphasis) {
    text_.append(indent, ' ');
    const bool coloured = style_.colour && emphasis != Emphasis::none;
    if (coloured) text_ += escape_of(emphasis);
    text_ += text;
    if (coloured) text_ += "\x1b[0m";
    text_ += '\n';
}

}  // namespace elytractl::report
