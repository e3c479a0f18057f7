#include "server/engine/image_job.hpp"

#include <utility>

#include "server/engine/chunks.hpp"

namespace elytra::engine {

void ImageJob::begin(AccountTable::Cut accounts, std::vector<StatusTable::Image> statuses) {
    made_ = {};
    changes_ = std::move(accounts.changes);
    for (AccountTable::Image& image : accounts.images) {
        made_.accounts.push_back({.number = image.chunk,
                                  .chunk = {.buffer = std::move(image.bytes), .size = image.size}});
    }
    for (StatusTable::Image& image : statuses) {
        made_.statuses.push_back(
            {.number = image.chunk,
             .chunk = {.buffer = std::move(image.bytes), .size = chunk_size_}});
    }
}

void ImageJob::run() {
    for (Image& image : made_.accounts) seal_chunk(image.chunk);
    for (Image& image : made_.statuses) seal_chunk(image.chunk);
    if (changes_.empty()) return;
    made_.changes = chunks_of(encode(changes_), chunk_size_);
    changes_ = {};
}

ImageJob::Made ImageJob::take() { return std::exchange(made_, {}); }

}  // namespace elytra::engine
