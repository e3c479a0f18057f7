#include "tests/sim/state_audit.hpp"

#include <algorithm>
#include <utility>

#include "server/wire/objects.hpp"
#include "tests/sim/violation.hpp"
#include "tests/support/scripted_client.hpp"

namespace elytra::sim {

using test::Bytes;
using test::NaiveReplies;
using wire::Operation;

namespace {

constexpr ClientId client_of_audit{0xfffe};
constexpr std::uint32_t slice = 40;       // results
constexpr std::size_t lookup_slice = 60;  // ids
constexpr std::uint32_t both_sides = 3;   // debits and credits
constexpr std::uint32_t reversed = 1;

class Questions {
public:
    explicit Questions(NaiveReplies& naive) : naive_(naive) {}

    // The answer stays with the question.
    template <class Filter>
    const Bytes& ask(Operation operation, const Filter& filter) {
        return ask(operation, test::to_bytes(std::span(&filter, 1)));
    }

    const Bytes& ask(Operation operation, Bytes body) {
        Bytes answer = naive_.execute(operation, body, 0);
        list_.push_back(
            {.operation = operation, .body = std::move(body), .answer = std::move(answer)});
        return list_.back().answer;
    }

    // Slice after slice by time; all results together.
    template <class Result, class Filter>
    std::vector<Result> ask_all(Operation operation, Filter filter) {
        std::vector<Result> all;
        filter.limit = slice;
        while (true) {
            const auto results = test::objects_of<Result>(ask(operation, filter));
            all.insert(all.end(), results.begin(), results.end());
            if (results.size() < slice) return all;
            filter.timestamp_min = results.back().timestamp + 1;
        }
    }

    template <class Object>
    void look_up(Operation operation, const std::vector<Object>& objects) {
        for (std::size_t first = 0; first < objects.size(); first += lookup_slice) {
            std::vector<u128> ids;
            for (std::size_t i = first; i < std::min(first + lookup_slice, objects.size()); ++i) {
                ids.push_back(objects[i].id);
            }
            ask(operation, test::to_bytes(ids));
        }
    }

    std::vector<Question> take() { return std::move(list_); }

private:
    NaiveReplies& naive_;
    std::vector<Question> list_;
};

}  // namespace

std::vector<Question> questions_about(NaiveReplies& naive) {
    using enum Operation;
    Questions questions(naive);
    const auto accounts =
        questions.ask_all<wire::Account>(query_accounts_unbatched, wire::QueryFilter{});
    const auto transfers =
        questions.ask_all<wire::Transfer>(query_transfers_unbatched, wire::QueryFilter{});
    questions.ask_all<wire::ChangeEvent>(get_change_events, wire::ChangeEventsFilter{});
    questions.look_up(lookup_accounts_unbatched, accounts);
    questions.look_up(lookup_transfers_unbatched, transfers);
    for (const wire::Account& account : accounts) {
        wire::AccountFilter filter{.account_id = account.id, .limit = slice, .flags = both_sides};
        questions.ask_all<wire::Transfer>(get_account_transfers_unbatched, filter);
        questions.ask_all<wire::AccountBalance>(get_account_balances_unbatched, filter);
    }
    for (const std::uint32_t flags : {0U, reversed}) {
        for (std::uint16_t code = 1; code <= 2; ++code) {
            questions.ask(query_transfers_unbatched,
                          wire::QueryFilter{.code = code, .limit = slice, .flags = flags});
            questions.ask(
                query_transfers_unbatched,
                wire::QueryFilter{
                    .user_data_128 = 1, .ledger = 1, .code = code, .limit = slice, .flags = flags});
        }
        questions.ask(query_accounts_unbatched,
                      wire::QueryFilter{.user_data_64 = 1, .limit = slice, .flags = flags});
    }
    return questions.take();
}

void check_answers(test::ReplicaDriver& driver, test::ReplicaPools& pools,
                   std::span<const Question> questions) {
    test::ScriptedClient client(client_of_audit);
    driver.deliver(client.make_register(pools.requests));
    driver.settle();
    for (const vsr::ClientMessage& out : driver.take_sent()) {
        if (out.client == client_of_audit) {
            client.take(out.message->header<wire::ReplyHeader>());
        }
    }
    require(client.session() != 0, "R50: a replica without faults does not answer");
    Op op{client.session()};
    for (const Question& question : questions) {
        driver.deliver(client.make_request(pools.requests, question.operation, question.body));
        driver.settle();
        const std::vector<vsr::ClientMessage> sent = driver.take_sent();
        require(sent.size() == 1, "R50: a replica without faults does not answer");
        const wire::Message& reply = *sent.front().message;
        client.take(reply.header<wire::ReplyHeader>());
        op = op.next();
        if (reply.header<wire::ReplyHeader>().op != op.value) return;  // a pulse came between
        require(std::ranges::equal(reply.body(), question.answer),
                "S21: a question about the state is answered as by the naive ledger");
    }
}

void check_copy(const test::MemoryDisk& disk, test::ReplicaPools& pools, const Limits& limits,
                std::span<const Question> questions) {
    test::MemoryDisk copy = disk;
    copy.set_size_max(UINT64_MAX);
    copy.crash(std::vector(copy.writes_at_risk(), test::WriteFate::kept));
    test::ReplicaDriver driver(copy, pools, {.limits = limits});
    require(driver.open() == vsr::ReplicaStatus::normal, "R16: a copy of the file does not open");
    check_answers(driver, pools, questions);
}

}  // namespace elytra::sim
