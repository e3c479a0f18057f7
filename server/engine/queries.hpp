#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "server/common/assert.hpp"
#include "server/engine/memory_store.hpp"
#include "server/wire/objects.hpp"

// Questions about accounts, transfers and events, answered from the store as it is. Filters that
// make no sense find nothing.
namespace elytra::engine {

// The results of one batch, one after another in the room that the reply has for them.
class ResultWriter {
public:
    // Requires: room for `limit` results.
    ResultWriter(std::span<std::byte> room, std::uint32_t limit) : room_(room), left_(limit) {}

    bool full() const { return left_ == 0; }

    template <class Result>
    void add(const Result& result) {
        ELYTRA_ASSERT(!full());
        ELYTRA_ASSERT(room_.size() - size_ >= sizeof(Result));
        std::memcpy(room_.data() + size_, &result, sizeof(Result));
        size_ += sizeof(Result);
        --left_;
    }

    std::size_t size() const { return size_; }

private:
    std::span<std::byte> room_;
    std::size_t size_ = 0;
    std::uint32_t left_;
};

void lookup_accounts(const MemoryStore& store, std::span<const u128> ids, ResultWriter& results);
void lookup_transfers(const MemoryStore& store, std::span<const u128> ids, ResultWriter& results);

void get_account_transfers(const MemoryStore& store, const wire::AccountFilter& filter,
                           ResultWriter& results);
void get_account_balances(const MemoryStore& store, const wire::AccountFilter& filter,
                          ResultWriter& results);

void query_accounts(const MemoryStore& store, const wire::QueryFilter& filter,
                    ResultWriter& results);
void query_transfers(const MemoryStore& store, const wire::QueryFilter& filter,
                     ResultWriter& results);

void get_change_events(const MemoryStore& store, const wire::ChangeEventsFilter& filter,
                       ResultWriter& results);

}  // namespace elytra::engine
