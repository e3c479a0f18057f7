#include "server/ledger/account_rules.hpp"

#include "server/common/int.hpp"

namespace elytra::ledger {

using wire::Account;
using Status = wire::CreateAccountStatus;

Status judge_account_id(const Account& event) {
    if (event.reserved != 0) return Status::reserved_field;
    if ((event.flags & wire::account_flags::reserved) != 0) return Status::reserved_flag;
    if (event.id == 0) return Status::id_must_not_be_zero;
    if (event.id == u128_max) return Status::id_must_not_be_int_max;
    return Status::created;
}

Status judge_account_fields(const Account& event) {
    constexpr std::uint16_t limits = wire::account_flags::debits_must_not_exceed_credits |
                                     wire::account_flags::credits_must_not_exceed_debits;
    if ((event.flags & limits) == limits) return Status::flags_are_mutually_exclusive;
    if (event.debits_pending != 0) return Status::debits_pending_must_be_zero;
    if (event.debits_posted != 0) return Status::debits_posted_must_be_zero;
    if (event.credits_pending != 0) return Status::credits_pending_must_be_zero;
    if (event.credits_posted != 0) return Status::credits_posted_must_be_zero;
    if (event.ledger == 0) return Status::ledger_must_not_be_zero;
    if (event.code == 0) return Status::code_must_not_be_zero;
    return Status::created;
}

Status compare_accounts(const Account& event, const Account& stored) {
    if (event.flags != stored.flags) return Status::exists_with_different_flags;
    if (event.user_data_128 != stored.user_data_128) {
        return Status::exists_with_different_user_data_128;
    }
    if (event.user_data_64 != stored.user_data_64) {
        return Status::exists_with_different_user_data_64;
    }
    if (event.user_data_32 != stored.user_data_32) {
        return Status::exists_with_different_user_data_32;
    }
    if (event.ledger != stored.ledger) return Status::exists_with_different_ledger;
    if (event.code != stored.code) return Status::exists_with_different_code;
    return Status::exists;
}

}  // namespace elytra::ledger
