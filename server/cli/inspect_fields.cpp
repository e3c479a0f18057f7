#include "server/cli/inspect_fields.hpp"

#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "server/wire/bytes.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/release.hpp"
#include "server/wire/status.hpp"

namespace elytra::cli {
namespace {

using wire::Operation;

struct ObjectId {
    u128 id = 0;
};

struct AccountResult : wire::CreateResult {};

struct TransferResult : wire::CreateResult {};

struct AccountError : wire::CreateError {};

struct TransferError : wire::CreateError {};

Fields fields_of(const ObjectId& object) { return Fields().large("id", object.id); }

Fields fields_of(const wire::Account& account) {
    return Fields()
        .large("id", account.id)
        .large("debits_pending", account.debits_pending)
        .large("debits_posted", account.debits_posted)
        .large("credits_pending", account.credits_pending)
        .large("credits_posted", account.credits_posted)
        .large("user_data_128", account.user_data_128)
        .number("user_data_64", account.user_data_64)
        .number("user_data_32", account.user_data_32)
        .number("reserved", account.reserved)
        .number("ledger", account.ledger)
        .number("code", account.code)
        .number("flags", account.flags)
        .number("timestamp", account.timestamp);
}

Fields fields_of(const wire::Transfer& transfer) {
    return Fields()
        .large("id", transfer.id)
        .large("debit_account_id", transfer.debit_account_id)
        .large("credit_account_id", transfer.credit_account_id)
        .large("amount", transfer.amount)
        .large("pending_id", transfer.pending_id)
        .large("user_data_128", transfer.user_data_128)
        .number("user_data_64", transfer.user_data_64)
        .number("user_data_32", transfer.user_data_32)
        .number("timeout", transfer.timeout)
        .number("ledger", transfer.ledger)
        .number("code", transfer.code)
        .number("flags", transfer.flags)
        .number("timestamp", transfer.timestamp);
}

Fields fields_of(const wire::AccountFilter& filter) {
    return Fields()
        .large("account_id", filter.account_id)
        .large("user_data_128", filter.user_data_128)
        .number("user_data_64", filter.user_data_64)
        .number("user_data_32", filter.user_data_32)
        .number("code", filter.code)
        .number("timestamp_min", filter.timestamp_min)
        .number("timestamp_max", filter.timestamp_max)
        .number("limit", filter.limit)
        .number("flags", filter.flags);
}

Fields fields_of(const wire::QueryFilter& filter) {
    return Fields()
        .large("user_data_128", filter.user_data_128)
        .number("user_data_64", filter.user_data_64)
        .number("user_data_32", filter.user_data_32)
        .number("ledger", filter.ledger)
        .number("code", filter.code)
        .number("timestamp_min", filter.timestamp_min)
        .number("timestamp_max", filter.timestamp_max)
        .number("limit", filter.limit)
        .number("flags", filter.flags);
}

Fields fields_of(const wire::ChangeEventsFilter& filter) {
    return Fields()
        .number("timestamp_min", filter.timestamp_min)
        .number("timestamp_max", filter.timestamp_max)
        .number("limit", filter.limit);
}

Fields fields_of(const wire::AccountBalance& balance) {
    return Fields()
        .large("debits_pending", balance.debits_pending)
        .large("debits_posted", balance.debits_posted)
        .large("credits_pending", balance.credits_pending)
        .large("credits_posted", balance.credits_posted)
        .number("timestamp", balance.timestamp);
}

Fields fields_of(const wire::ChangeEventAccount& account) {
    return Fields()
        .large("id", account.id)
        .large("debits_pending", account.debits_pending)
        .large("debits_posted", account.debits_posted)
        .large("credits_pending", account.credits_pending)
        .large("credits_posted", account.credits_posted)
        .large("user_data_128", account.user_data_128)
        .number("user_data_64", account.user_data_64)
        .number("user_data_32", account.user_data_32)
        .number("code", account.code)
        .number("flags", account.flags);
}

Fields fields_of(const wire::ChangeEvent& event) {
    return Fields()
        .text("type", wire::name_of(static_cast<wire::ChangeEventType>(event.type)))
        .number("timestamp", event.timestamp)
        .large("transfer_id", event.transfer_id)
        .large("transfer_amount", event.transfer_amount)
        .large("transfer_pending_id", event.transfer_pending_id)
        .large("transfer_user_data_128", event.transfer_user_data_128)
        .number("transfer_user_data_64", event.transfer_user_data_64)
        .number("transfer_user_data_32", event.transfer_user_data_32)
        .number("transfer_timeout", event.transfer_timeout)
        .number("transfer_code", event.transfer_code)
        .number("transfer_flags", event.transfer_flags)
        .number("transfer_timestamp", event.transfer_timestamp)
        .number("ledger", event.ledger)
        .append("debit_account_", fields_of(event.debit_account))
        .number("debit_account_timestamp", event.debit_account_timestamp)
        .append("credit_account_", fields_of(event.credit_account))
        .number("credit_account_timestamp", event.credit_account_timestamp);
}

template <class Status>
std::string status_text(std::uint32_t status) {
    const std::string_view name = wire::name_of(static_cast<Status>(status));
    return name.empty() ? fmt::to_string(status) : std::string(name);
}

Fields fields_of(const AccountResult& result) {
    return Fields()
        .number("timestamp", result.timestamp)
        .text("status", status_text<wire::CreateAccountStatus>(result.status));
}

Fields fields_of(const TransferResult& result) {
    return Fields()
        .number("timestamp", result.timestamp)
        .text("status", status_text<wire::CreateTransferStatus>(result.status));
}

Fields fields_of(const AccountError& error) {
    return Fields()
        .number("index", error.index)
        .text("status", status_text<wire::CreateAccountStatus>(error.status));
}

Fields fields_of(const TransferError& error) {
    return Fields()
        .number("index", error.index)
        .text("status", status_text<wire::CreateTransferStatus>(error.status));
}

// Prints the elements of a body one by one.
class ElementPrinter {
public:
    ElementPrinter(std::string_view kind, InspectOutput& output) : kind_(kind), output_(output) {}

    template <class T>
    void print(wire::Encoding encoding, std::span<const std::byte> body) {
        if (encoding == wire::Encoding::plain) return print_batch<T>(body);
        auto batches = wire::MultiBatchDecoder::decode(body, sizeof(T));
        if (!batches.has_value()) return cannot("its batches contradict their trailer");
        while (const auto batch = batches->next()) print_batch<T>(*batch);
    }

    void cannot(std::string_view reason) {
        output_.line({.kind = "note",
                      .mark = {},
                      .title = fmt::format("{}s cannot be decoded:", kind_),
                      .fields = Fields().text("reason", reason)});
    }

private:
    template <class T>
    void print_batch(std::span<const std::byte> batch) {
        if (batch.size() % sizeof(T) != 0) return cannot("not a whole number of them");
        for (std::size_t at = 0; at < batch.size() && !output_.closed(); at += sizeof(T)) {
            T element;
            std::memcpy(&element, batch.data() + at, sizeof(T));
            output_.line({.kind = kind_,
                          .mark = {},
                          .title = fmt::format("{}s[{}]:", kind_, index_++),
                          .name_prefix = ".",
                          .fields = fields_of(element)});
        }
    }

    std::string_view kind_;
    InspectOutput& output_;
    std::uint64_t index_ = 0;
};

void print_filter(Operation operation, wire::Encoding encoding, std::span<const std::byte> body,
                  ElementPrinter& printer) {
    if (operation == Operation::get_change_events) {
        return printer.print<wire::ChangeEventsFilter>(encoding, body);
    }
    if (wire::traits_of(operation).name.starts_with("query_")) {
        return printer.print<wire::QueryFilter>(encoding, body);
    }
    printer.print<wire::AccountFilter>(encoding, body);
}

// "get_account_transfers" is not.
bool is_about_accounts(const wire::OperationTraits& traits) {
    return traits.name.find("accounts") != traits.name.npos;
}

void print_creations(const wire::OperationTraits& traits, std::span<const std::byte> body,
                     ElementPrinter& printer) {
    const bool sparse = traits.result_form == wire::ResultForm::sparse;
    if (is_about_accounts(traits)) {
        return sparse ? printer.print<AccountError>(traits.encoding, body)
                      : printer.print<AccountResult>(traits.encoding, body);
    }
    return sparse ? printer.print<TransferError>(traits.encoding, body)
                  : printer.print<TransferResult>(traits.encoding, body);
}

}  // namespace

std::string operation_text(std::uint8_t operation) {
    const auto known = wire::to_operation(operation);
    return known.has_value() ? std::string(wire::traits_of(*known).name)
                             : fmt::to_string(unsigned{operation});
}

Fields header_fields(const wire::Frame& frame) {
    return Fields()
        .checksum("checksum", frame.checksum)
        .checksum("checksum_body", frame.checksum_body)
        .large("cluster", frame.cluster)
        .number("size", frame.size)
        .number("epoch", frame.epoch)
        .number("view", frame.view)
        .text("release", wire::to_text(wire::Release{frame.release}))
        .number("protocol", frame.protocol)
        .number("command", frame.command)
        .number("replica", frame.replica);
}

Fields header_fields(const wire::PrepareHeader& header) {
    return header_fields(header.frame)
        .checksum("parent", header.parent)
        .checksum("request_checksum", header.request_checksum)
        .large("client", header.client)
        .checksum("checkpoint_id", header.checkpoint_id)
        .number("op", header.op)
        .number("commit", header.commit)
        .number("timestamp", header.timestamp)
        .number("session", header.session)
        .number("request", header.request)
        .text("operation", operation_text(header.operation));
}

Fields header_fields(const wire::ReplyHeader& header) {
    return header_fields(header.frame)
        .checksum("request_checksum", header.request_checksum)
        .checksum("context", header.context)
        .large("client", header.client)
        .number("op", header.op)
        .number("commit", header.commit)
        .number("timestamp", header.timestamp)
        .number("request", header.request)
        .text("operation", operation_text(header.operation));
}

void print_events(std::uint8_t operation, std::span<const std::byte> body, InspectOutput& output) {
    ElementPrinter printer("event", output);
    const auto known = wire::to_operation(operation);
    if (!known.has_value()) return printer.cannot("unknown operation");
    const wire::OperationTraits& traits = wire::traits_of(*known);
    switch (traits.kind) {
        case wire::OperationKind::control:
            return;
        case wire::OperationKind::create:
            return is_about_accounts(traits) ? printer.print<wire::Account>(traits.encoding, body)
                                             : printer.print<wire::Transfer>(traits.encoding, body);
        case wire::OperationKind::lookup:
            return printer.print<ObjectId>(traits.encoding, body);
        case wire::OperationKind::filter:
            return print_filter(*known, traits.encoding, body, printer);
    }
}

void print_results(std::uint8_t operation, std::span<const std::byte> body, InspectOutput& output) {
    ElementPrinter printer("result", output);
    const auto known = wire::to_operation(operation);
    if (!known.has_value()) return printer.cannot("unknown operation");
    const wire::OperationTraits& traits = wire::traits_of(*known);
    if (traits.kind == wire::OperationKind::control) return;
    if (traits.kind == wire::OperationKind::create) {
        return print_creations(traits, body, printer);
    }
    if (*known == Operation::get_change_events) {
        return printer.print<wire::ChangeEvent>(traits.encoding, body);
    }
    if (traits.name.find("balances") != traits.name.npos) {
        return printer.print<wire::AccountBalance>(traits.encoding, body);
    }
    const bool accounts = is_about_accounts(traits);
    return accounts ? printer.print<wire::Account>(traits.encoding, body)
                    : printer.print<wire::Transfer>(traits.encoding, body);
}

}  // namespace elytra::cli
