#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "orchestrator/spec/document.hpp"

namespace elytractl::spec {
namespace {

// Walks over a text and leaves behind how far the lexer has read; the SAX interface does not tell.
class CountingIterator {
public:
    // The names that std::iterator_traits looks for.
    // NOLINTBEGIN(readability-identifier-naming): they are not ours to choose
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    // NOLINTEND(readability-identifier-naming): they are not ours to choose

    CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}

    reference operator*() const { return *at_; }

    CountingIterator& operator++() {
        *furthest_ = ++at_;
        return *this;
    }

    CountingIterator operator++(int) {
        const CountingIterator before = *this;
        ++*this;
        return before;
    }

    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

private:
    const char* at_;
    const char** furthest_;
};

// Takes the events of the parser and builds the document with all its places. A key that is there
// twice is noted and reading goes on; everything else that is wrong ends it.
class DocumentReader {
public:
    DocumentReader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

    bool read() {
        const char* const begin = text_.data();
        const char* const end = begin + text_.size();
        read_end_ = begin;
        return Json::sax_parse(CountingIterator(begin, &read_end_),
                               CountingIterator(end, &read_end_), this);
    }

    Document take_document() { return std::move(document_); }

    const Problems& problems() const { return problems_; }

    // What nlohmann's parser calls.
    bool null() { return add(nullptr) != nullptr; }

    bool boolean(bool value) { return add(value) != nullptr; }

    bool number_integer(std::int64_t value) { return add_number(value); }

    bool number_unsigned(std::uint64_t value) { return add_number(value); }

    bool number_float(double value, const std::string&) { return add_number(value); }

    bool string(std::string& value) { return add(std::move(value)) != nullptr; }

    bool binary(Json::binary_t&) { return false; }  // not of JSON

    bool start_object(std::size_t) { return open(Json::object()); }

    bool start_array(std::size_t) { return open(Json::array()); }

    bool end_object() { return close(); }

    bool end_array() { return close(); }

    bool key(std::string& key) {
        Frame& frame = frames_.back();
        frame.child = child_pointer(frame.pointer, key);
        const Place place = next_place();
        const auto [known, added] = document_.key_places.emplace(frame.child, place);
        if (!added) {
            problems_.push_back({.place = place,
                                 .pointer = frame.child,
                                 .rule = fmt::format("the key is there twice; first in line {}",
                                                     known->second.line)});
        }
        frame.key = std::move(key);
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
        skip_to_next();
        const bool comment = next_ != text_.size() && (text_[next_] == '/' || text_[next_] == '#');
        const std::string_view hint = comment ? "; JSON has no comments" : "";
        note(place_at(next_), fmt::format("not JSON: {}{}", reason_of(error), hint));
        return false;
    }

private:
    struct Frame {
        Json* value;
        std::string pointer;
        std::string key;    // of the member that comes next
        std::string child;  // its pointer
    };

    // "[json.exception...] parse error at line 1, column 5: syntax error while ...": the library
    // counts in bytes and to the end of the token, so that its own words begin behind the colon.
    static std::string reason_of(const Json::exception& error) {
        std::string_view text = error.what();
        for (const std::string_view opening : {"] ", "column ", ": "}) {
            const std::size_t at = text.find(opening);
            if (at != text.npos) text = text.substr(at + opening.size());
        }
        return std::string(text);
    }

    void note(const Place& place, std::string rule) {
        problems_.push_back({.place = place,
                             .pointer = frames_.empty() ? std::string() : frames_.back().pointer,
                             .rule = std::move(rule)});
    }

    // Between two tokens there are only blanks and what separates.
    void skip_to_next() {
        while (next_ < text_.size() && std::strchr(" \t\r\n,:", text_[next_]) != nullptr) ++next_;
    }

    Place place_at(std::size_t offset) {
        for (; counted_ < offset; ++counted_) {
            const char c = text_[counted_];
            if (c == '\n') {
                ++line_;
                column_ = 1;
            } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
                ++column_;
            }
        }
        return {
            .kind = PlaceKind::file, .name = std::string(name_), .line = line_, .column = column_};
    }

    // Of the token that the parser has just read.
    Place next_place() {
        skip_to_next();
        Place place = place_at(next_);
        next_ = read_size();
        return place;
    }

    std::size_t read_size() const { return static_cast<std::size_t>(read_end_ - text_.data()); }

    // A number ends where something else begins: the lexer has read one character more.
    bool add_number(Json value) {
        add(std::move(value));
        --next_;
        return true;
    }

    Json* add(Json value) {
        const Place place = next_place();
        if (frames_.empty()) {
            document_.value = std::move(value);
            document_.places[""] = place;
            pointer_ = "";
            return &document_.value;
        }
        Frame& frame = frames_.back();
        if (frame.value->is_object()) {
            pointer_ = frame.child;
            document_.places[pointer_] = place;
            return &((*frame.value)[frame.key] = std::move(value));
        }
        pointer_ = fmt::format("{}/{}", frame.pointer, frame.value->size());
        document_.places[pointer_] = place;
        return &frame.value->emplace_back(std::move(value));
    }

    bool open(Json value) {
        Json* const opened = add(std::move(value));
        if (frames_.size() == document_depth_max) {
            note(document_.places[pointer_],
                 fmt::format("more than {} levels deep", document_depth_max));
            return false;
        }
        frames_.push_back({.value = opened, .pointer = pointer_, .key = {}, .child = {}});
        return true;
    }

    bool close() {
        frames_.pop_back();
        next_ = read_size();
        return true;
    }

    std::string_view text_;
    std::string_view name_;
    const char* read_end_ = nullptr;
    std::size_t next_ = 0;     // offset behind the token before
    std::size_t counted_ = 0;  // offset that line_ and column_ are of
    std::uint32_t line_ = 1;
    std::uint32_t column_ = 1;
    std::vector<Frame> frames_;
    std::string pointer_;  // of the value added last
    Document document_;
    Problems problems_;
};

Problems file_problem(const std::string& path, std::string rule) {
    return {{.place = {.kind = PlaceKind::file, .name = path}, .rule = std::move(rule)}};
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

elytra::Result<Document, Problems> read_document(std::string_view text, std::string_view name) {
    DocumentReader reader(text, name);
    const bool complete = reader.read();
    if (!complete || !reader.problems().empty()) return elytra::Unexpected(reader.problems());
    return reader.take_document();
}

elytra::Result<Document, Problems> read_document_file(const std::string& path) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    if (file == nullptr) {
        return elytra::Unexpected(file_problem(path, std::strerror(errno)));
    }
    std::string text(document_size_max + 1, '\0');
    errno = 0;
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) {
        return elytra::Unexpected(file_problem(path, std::strerror(errno)));
    }
    if (text.size() > document_size_max) {
        return elytra::Unexpected(
            file_problem(path, fmt::format("longer than {} bytes", document_size_max)));
    }
    return read_document(text, path);
}

}  // namespace elytractl::spec
