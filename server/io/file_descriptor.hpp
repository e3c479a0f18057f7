#pragma once

#include <utility>

#include <unistd.h>

namespace elytra::io {

// Owns an open descriptor and closes it; moved like a std::unique_ptr.
class FileDescriptor {
public:
    FileDescriptor() = default;

    explicit FileDescriptor(int number) : number_(number) {}

    FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}

    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }

    ~FileDescriptor() { reset(); }

    bool is_open() const { return number_ >= 0; }

    int get() const { return number_; }

    int release() { return std::exchange(number_, -1); }

    void reset(int number = -1) {
        if (is_open()) ::close(number_);
        number_ = number;
    }

private:
    int number_ = -1;
};

}  // namespace elytra::io
