#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/cli/inspect_options.hpp"
#include "server/common/int.hpp"

namespace elytra::cli {

// One name and what it stands for. Numbers of 128 bits and checksums are texts, because JSON
// readers would round them.
struct Field {
    std::string name;
    std::variant<std::uint64_t, std::string> value;
};

class Fields {
public:
    Fields& number(std::string_view name, std::uint64_t value);
    Fields& large(std::string_view name, u128 value);     // in decimal
    Fields& checksum(std::string_view name, u128 value);  // in hexadecimal, of full length
    Fields& text(std::string_view name, std::string_view value);

    Fields& add(Field field);

    // All of them with their names behind a prefix.
    Fields& append(std::string_view prefix, const Fields& other);

    const std::vector<Field>& list() const { return list_; }

private:
    std::vector<Field> list_;
};

// One line of text, or one object of JSON.
struct OutputLine {
    std::string_view kind;              // JSON only
    std::string mark;                   // may be empty
    std::string title;                  // text only; may be empty
    std::string_view name_prefix = "";  // text only
    Fields fields;
};

// Where results go, line by line. A reader who has seen enough and closes the pipe is no error:
// then nothing more is written.
class InspectOutput {
public:
    InspectOutput(OutputForm form, std::FILE* stream) : form_(form), stream_(stream) {}

    void line(const OutputLine& line);

    // Nobody reads any more, or nothing can be written.
    bool closed() const { return error_ != 0; }

    // Completes what was written. False: not everything arrived, and the reader is still there;
    // error() tells why.
    bool finish();

    int error() const { return error_; }

private:
    void write(std::string_view text);

    OutputForm form_;
    std::FILE* stream_;
    bool any_ = false;
    int error_ = 0;
};

}  // namespace elytra::cli
