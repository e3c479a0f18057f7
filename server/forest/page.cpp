#include "server/forest/page.hpp"

#include <algorithm>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"

namespace elytra::forest {

std::string_view to_text(PageError error) {
    switch (error) {
        case PageError::wrong_name:
            return "another page";
        case PageError::wrong_kind:
            return "wrong kind of page";
        case PageError::unknown_version:
            return "unknown version";
        case PageError::bad_length:
            return "bad length";
        case PageError::bad_content:
            return "contradictory content";
        case PageError::bad_padding:
            return "padding that is not zero";
    }
    ELYTRA_ASSERT(false);
}

void seal_page(PageName name, PageKind kind, std::uint32_t length, std::uint32_t count,
               std::span<std::byte> page) {
    ELYTRA_ASSERT(length >= sizeof(PageHeader) && length + page_tail_size <= page.size());
    ELYTRA_ASSERT(page.size() <= page_size_max);
    ELYTRA_ASSERT(count > 0);
    const PageHeader header{.segment = name.segment,
                            .number = name.number,
                            .kind = kind,
                            .version = page_version,
                            .length = narrow<std::uint16_t>(length),
                            .count = count};
    std::memcpy(page.data(), &header, sizeof(header));
    std::ranges::fill(page.subspan(length), std::byte{});
}

Result<PageHeader, PageError> open_page(PageName name, PageKind kind,
                                        std::span<const std::byte> page) {
    ELYTRA_ASSERT(page.size() >= sizeof(PageHeader) + page_tail_size);
    ELYTRA_ASSERT(page.size() <= page_size_max);
    PageHeader header;
    std::memcpy(&header, page.data(), sizeof(header));
    if (header.kind != kind) return Unexpected(PageError::wrong_kind);
    if (header.version != page_version) return Unexpected(PageError::unknown_version);
    if (header.segment != name.segment || header.number != name.number) {
        return Unexpected(PageError::wrong_name);
    }
    if (header.length < sizeof(header) || header.length + page_tail_size > page.size()) {
        return Unexpected(PageError::bad_length);
    }
    if (header.count == 0) return Unexpected(PageError::bad_content);
    if (!wire::all_zero(page.subspan(header.length))) return Unexpected(PageError::bad_padding);
    return header;
}

}  // namespace elytra::forest
