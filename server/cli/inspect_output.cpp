#include "server/cli/inspect_output.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/common/text.hpp"

namespace elytra::cli {
namespace {

std::string text_of(const Field& field) {
    if (const auto* number = std::get_if<std::uint64_t>(&field.value)) {
        return fmt::to_string(*number);
    }
    const std::string& text = std::get<std::string>(field.value);
    return text.find(' ') == text.npos ? text : fmt::format("\"{}\"", text);
}

std::string as_text(const OutputLine& line) {
    std::string text = line.mark;
    const auto append = [&text](std::string_view part) {
        if (part.empty()) return;
        if (!text.empty()) text += ' ';
        text += part;
    };
    append(line.title);
    for (const Field& field : line.fields.list()) {
        append(fmt::format("{}{}={}", line.name_prefix, field.name, text_of(field)));
    }
    return text + '\n';
}

std::string as_json(const OutputLine& line) {
    nlohmann::ordered_json object;
    object["kind"] = line.kind;
    if (!line.mark.empty()) object["mark"] = line.mark;
    for (const Field& field : line.fields.list()) {
        std::visit([&](const auto& value) { object[field.name] = value; }, field.value);
    }
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Fields& Fields::number(std::string_view name, std::uint64_t value) {
    list_.push_back({std::string(name), value});
    return *this;
}

Fields& Fields::large(std::string_view name, u128 value) { return text(name, to_decimal(value)); }

Fields& Fields::checksum(std::string_view name, u128 value) {
    return text(name, fmt::format("{:016x}{:016x}", high_half(value), low_half(value)));
}

Fields& Fields::text(std::string_view name, std::string_view value) {
    list_.push_back({std::string(name), std::string(value)});
    return *this;
}

Fields& Fields::add(Field field) {
    list_.push_back(std::move(field));
    return *this;
}

Fields& Fields::append(std::string_view prefix, const Fields& other) {
    for (const Field& field : other.list_) {
        list_.push_back({fmt::format("{}{}", prefix, field.name), field.value});
    }
    return *this;
}

void InspectOutput::line(const OutputLine& line) {
    if (form_ == OutputForm::text) {
        write(as_text(line));
    } else {
        write(any_ ? ",\n" : "[\n");
        write(as_json(line));
    }
    any_ = true;
}

bool InspectOutput::finish() {
    if (form_ == OutputForm::json) write(any_ ? "\n]\n" : "[]\n");
    if (error_ == 0 && std::fflush(stream_) != 0) error_ = errno;
    return error_ == 0 || error_ == EPIPE;
}

void InspectOutput::write(std::string_view text) {
    if (closed()) return;
    if (std::fwrite(text.data(), 1, text.size(), stream_) != text.size()) error_ = errno;
}

}  // namespace elytra::cli
