#pragma once

#include <string>
#include <utility>

#include "orchestrator/run/event.hpp"
#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::progress {

// Events as JSON lines, each written at once, so that whoever follows them is never behind. What
// cannot be written, because its reader is gone, is not an error of the run.
class EventStream {
public:
    // "-" is standard output; a file is created, or empty; nothing is written over. The error is a
    // sentence.
    static elytra::Result<EventStream, std::string> open(const std::string& path);

    void write(const run::Event& event);

private:
    explicit EventStream(elytra::io::FileDescriptor file) : file_(std::move(file)) {}

    elytra::io::FileDescriptor file_;  // closed for good after a failed write
};

}  // namespace elytractl::progress
