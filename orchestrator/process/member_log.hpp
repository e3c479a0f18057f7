#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::process {

inline constexpr std::uint64_t log_size_max = std::uint64_t{64} << 20;

// The log of one member: what it writes is stored up to a bound, cut into lines for those who look
// for marks, and its last words are remembered. A server that floods its log fills neither the disk
// nor our memory, and does not block.
class MemberLog {
public:
    using OnLine = std::function<void(std::string_view line)>;  // without its end

    explicit MemberLog(OnLine on_line, std::uint64_t size_max = log_size_max)
        : on_line_(std::move(on_line)), size_max_(size_max) {}

    // Creates the file. The error is an errno. Once, first.
    elytra::Result<void, int> create(const std::string& path);

    void append(std::string_view chunk);

    // Its last lines, without the end of the last one.
    std::string tail() const;

private:
    void store(std::string_view text);
    void write(std::string_view text);
    void cut_lines(std::string_view chunk);

    OnLine on_line_;
    std::uint64_t size_max_;
    elytra::io::FileDescriptor file_;
    std::uint64_t stored_ = 0;
    bool closed_ = false;  // bound reached, or the disk refused; nothing more is stored
    std::string line_;     // the begin of one whose end has not come yet
    std::string last_;
};

// What a line of an elytra's log says has happened, as Mark::kind; empty for most lines.
std::string_view mark_kind(std::string_view line);

}  // namespace elytractl::process
