#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace elytractl::report {

struct TextStyle {
    std::size_t columns = 100;
    bool colour = false;  // ANSI escapes
};

enum class Emphasis : std::uint8_t { none, strong, good, care, bad };

// Lines that never are wider than a terminal, unless one word is.
class TextPage {
public:
    explicit TextPage(const TextStyle& style) : style_(style) {}

    // Pieces beside one another, three blanks apart; what does not fit goes on the next line.
    void pieces(std::size_t indent, std::span<const std::string> pieces);

    // Words; the lines after the first are indented by four more.
    void sentence(std::size_t indent, std::string_view text, Emphasis emphasis = Emphasis::none);

    void rule();

    std::string text() && { return std::move(text_); }

private:
    void line(std::size_t indent, std::string_view text, Emphasis emphasis);

    TextStyle style_;
    std::string text_;
};

}  // namespace elytractl::report
