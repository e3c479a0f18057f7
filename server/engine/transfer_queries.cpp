#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "server/engine/query.hpp"
#include "server/engine/stored_transfers.hpp"
#include "server/engine/time_rows.hpp"
#include "server/engine/transfer_selection.hpp"
#include "server/ledger/filter.hpp"

namespace elytra::engine {

using wire::Transfer;

namespace {

using Selection = std::optional<TransferSelection>;

// The selected transfers of the page store and of both generations, one part after the other.
class TransferQuery final : public Query {
public:
    TransferQuery(const QuerySource& source, const Selection& selection)
        : source_(source), selection_(selection) {}

    Progress advance(ResultWriter& results) override;

private:
    enum class Part : std::uint8_t { stored, previous, active };

    Part part() const;
    void scan(const Generation& generation, ResultWriter& results) const;

    QuerySource source_;
    Selection selection_;
    std::uint32_t parts_done_ = 0;
    std::optional<StoredTransfers> stored_;
};

TransferQuery::Part TransferQuery::part() const {
    constexpr std::array ascending{Part::stored, Part::previous, Part::active};
    const bool reversed = selection_->order == Order::descending;
    return ascending[reversed ? ascending.size() - 1 - parts_done_ : parts_done_];
}

Progress TransferQuery::advance(ResultWriter& results) {
    if (!selection_.has_value()) return Progress::done;
    for (; parts_done_ < 3 && !results.full(); ++parts_done_) {
        switch (part()) {
            case Part::stored:
                if (!stored_.has_value()) stored_.emplace(source_, *selection_);
                if (stored_->advance(results) == Progress::waiting) return Progress::waiting;
                break;
            case Part::previous:
                scan(source_.store.previous(), results);
                break;
            case Part::active:
                scan(source_.store.active(), results);
                break;
        }
    }
    return Progress::done;
}

// At most Limits::cut_rows and an operation of them. An account is looked for in what is smallest.
void TransferQuery::scan(const Generation& generation, ResultWriter& results) const {
    const TransferSelection& selection = *selection_;
    const std::span<const Transfer> transfers = generation.transfers();
    const std::uint32_t begin = generation.begin().transfers;
    const auto visit = [&](std::uint32_t position) {
        if (!selects(selection, generation.parties()[position])) return;
        if (!ledger::matches(selection.fields, transfers[position])) return;
        if (selection.show == TransferSelection::Show::transfer) {
            results.add(transfers[position]);
        } else {
            show(selection, generation.record(ledger::TransferRow{begin + position}), results);
        }
    };
    const RowRange all{.first = 0, .end = generation.end().transfers - begin};
    RowRange left = rows_in(all, selection.window,
                            [&](std::uint32_t position) { return transfers[position].timestamp; });
    while (!left.empty() && !results.full()) {
        visit(selection.order == Order::ascending ? left.first++ : --left.end);
    }
}

}  // namespace

std::unique_ptr<Query> get_account_transfers(const QuerySource& source,
                                             const wire::AccountFilter& filter) {
    return std::make_unique<TransferQuery>(source, selection_of(source.store, filter));
}

std::unique_ptr<Query> get_account_balances(const QuerySource& source,
                                            const wire::AccountFilter& filter) {
    Selection selection = selection_of(source.store, filter);
    if (selection.has_value()) {
        const std::uint16_t flags = source.store.account(*selection->account).flags;
        selection->show = TransferSelection::Show::balance;
        if ((flags & wire::account_flags::history) == 0) selection.reset();
    }
    return std::make_unique<TransferQuery>(source, selection);
}

std::unique_ptr<Query> query_transfers(const QuerySource& source, const wire::QueryFilter& filter) {
    return std::make_unique<TransferQuery>(source, selection_of(filter));
}

}  // namespace elytra::engine
