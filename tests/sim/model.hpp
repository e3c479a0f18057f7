#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/strong.hpp"
#include "server/vsr/replica.hpp"
#include "server/wire/header.hpp"
#include "tests/sim/state_audit.hpp"
#include "tests/support/naive_replies.hpp"

namespace elytra::sim {

// One op as it was written to the log.
struct LoggedOp {
    wire::PrepareHeader header;
    std::vector<std::byte> body;
    std::uint64_t place = 0;        // of its record in the data file
    std::vector<std::byte> record;  // as it was written
};

// What the reply to an executed op has to say.
struct ExpectedReply {
    wire::PrepareHeader prepare;
    std::vector<std::byte> body;
};

// The ledger without crashes: executes committed ops one after the other in a naive ledger, and
// keeps sessions by rules of its own. What the replica says and holds is compared with it.
class Model {
public:
    explicit Model(const Limits& limits);

    // Requires: the op after op(). Fails the run if the op breaks a rule of sessions or of time.
    void execute(const LoggedOp& logged);

    Op op() const { return op_; }

    std::uint64_t timestamp() const { return timestamp_; }

    // The reply to the client's last executed request; none if there was none.
    const ExpectedReply* last_reply(ClientId client) const;

    bool has_session(ClientId client) const;

    // Of the sessions; digest_of() of a replica at the same op.
    u128 digest() const;

    // Everything that can be asked about the ledger now.
    std::vector<Question> questions() { return questions_about(naive_); }

    // How far the timestamp of this op lies behind the first one that it may use.
    std::uint64_t timestamp_step(const LoggedOp& logged) const;

private:
    struct Place {
        ClientId client;
        std::uint64_t session = 0;
        Op last_op;
        std::uint32_t last_request = 0;
        u128 last_request_checksum = 0;
    };

    std::vector<std::byte> reply_to(const LoggedOp& logged);
    std::vector<std::byte> reply_of_ledger(wire::Operation operation, const LoggedOp& logged);
    void open_session(const wire::PrepareHeader& prepare);
    void continue_session(const wire::PrepareHeader& prepare);

    Limits limits_;
    test::NaiveReplies naive_;
    std::vector<Place> places_;
    std::map<u128, ExpectedReply> replies_;
    Op op_;
    std::uint64_t timestamp_ = 0;
};

u128 digest_of(const vsr::Sessions& sessions);

// Per ledger, debits and credits of all accounts are equal.
void check_money(const vsr::Replica& replica);

}  // namespace elytra::sim
