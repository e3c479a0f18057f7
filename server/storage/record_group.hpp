#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/log_format.hpp"
#include "server/wire/message.hpp"

namespace elytra::storage {

// Records that share one evidence sector. Consecutive small ones are copied together and become a
// single write; large ones are written from their messages, which the group holds until then.
class RecordGroup {
public:
    explicit RecordGroup(const Limits& limits);
    RecordGroup(const RecordGroup&) = delete;
    RecordGroup& operator=(const RecordGroup&) = delete;

    bool empty() const { return records_ == 0; }

    // Whether one more record still fits.
    bool fits(std::uint32_t length) const;

    // `header.prepare` is not used: it is in the message. Requires: fits(); ops and LSNs ascend.
    void add(const LogIdentity& identity, const RecordHeader& header, wire::MessageRef message);

    // Requires: not empty, not submitted.
    void submit(IoToken token, IoQueue& io);

    // One of its writes is durable.
    void on_write_done();

    bool written() const { return submitted_ && writes_in_flight_ == 0; }

    Op last_op() const { return last_op_; }

    Lsn end() const { return end_; }

    void clear();

private:
    struct Run {
        Lsn lsn;
        std::span<const std::byte> bytes;
        bool small = false;

        Lsn end() const { return Lsn{lsn.value + bytes.size()}; }
    };

    std::span<const std::byte> add_small(const LogIdentity& identity, const RecordHeader& header,
                                         const wire::Message& message);
    std::span<const std::byte> add_large(const LogIdentity& identity, const RecordHeader& header,
                                         wire::Message& message);
    void append_small(Lsn lsn, std::span<const std::byte> sector);

    const Layout layout_;
    const std::uint32_t size_max_;
    const std::uint32_t records_max_;
    SectorBuffer small_records_;
    std::uint32_t small_count_ = 0;
    std::vector<wire::MessageRef> large_records_;
    std::vector<Run> runs_;  // contiguous on disk and in memory
    std::uint32_t records_ = 0;
    std::uint32_t size_ = 0;
    Op last_op_;
    Lsn end_;
    bool submitted_ = false;
    std::uint32_t writes_in_flight_ = 0;
};

}  // namespace elytra::storage
