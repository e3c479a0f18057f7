#pragma once

namespace elytra {

// Work that may be done on another core. Its result is a function of what it was made from, which
// nobody changes until it has run: so it makes no difference where and when that happens.
class Job {
public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    // Called once each time that the job is handed over, on any thread. Performs no I/O and takes
    // no locks.
    virtual void run() = 0;
};

}  // namespace elytra
