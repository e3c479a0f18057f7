#include "server/engine/posting_list.hpp"

#include <doctest/doctest.h>

namespace elytra::engine {
namespace {

TEST_CASE("a posting list is read by position and searched by row at every size") {
    PostingList list;
    CHECK(list.count_below(1) == 0);
    bool all_right = true;
    for (std::uint32_t count = 0; count < 1'000; ++count) {
        list.append(count * 3);
        all_right = all_right && list.size() == count + 1 && list[count] == count * 3 &&
                    list[count / 2] == count / 2 * 3 && list.count_below(count * 3) == count &&
                    list.count_below(count * 3 + 1) == count + 1 && list.count_below(0) == 0;
    }
    CHECK(all_right);
}

}  // namespace
}  // namespace elytra::engine
