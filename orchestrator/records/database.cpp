#include "orchestrator/records/database.hpp"

#include <sqlite3.h>

#include "server/common/int.hpp"

namespace elytractl::records {
namespace {

constexpr int busy_timeout_milliseconds = 10'000;

DatabaseError error_of(int code) {
    const int kind = code & 0xff;  // without what the extended code adds
    DatabaseError error{.text = sqlite3_errstr(code)};
    if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) error.kind = DatabaseError::Kind::damaged;
    if (kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN || kind == SQLITE_PERM ||
        kind == SQLITE_FULL || kind == SQLITE_IOERR) {
        error.kind = DatabaseError::Kind::not_writable;
    }
    return error;
}

}  // namespace

void CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void CloseStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int code) {
    const bool fine = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
    if (!fine && *first_error_ == 0) *first_error_ = code;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    note(sqlite3_bind_text64(statement_.get(), parameter + 1, text.data(), text.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, std::int64_t number) {
    note(sqlite3_bind_int64(statement_.get(), parameter + 1, number));
    return *this;
}

Statement& Statement::bind(int parameter, double number) {
    note(sqlite3_bind_double(statement_.get(), parameter + 1, number));
    return *this;
}

Statement& Statement::bind_null(int parameter) {
    note(sqlite3_bind_null(statement_.get(), parameter + 1));
    return *this;
}

bool Statement::step() {
    if (!statement_) return false;  // preparing it failed, and that was noted
    const int code = sqlite3_step(statement_.get());
    note(code);
    return code == SQLITE_ROW;
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::string Statement::text(int column) const {
    const unsigned char* const bytes = sqlite3_column_text(statement_.get(), column);
    if (bytes == nullptr) return "";
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return std::string(bytes, bytes + size);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

elytra::Result<Database, DatabaseError> Database::open(const std::string& path) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database database(raw);
    if (code != SQLITE_OK) return elytra::Unexpected(error_of(code));
    sqlite3_busy_timeout(raw, busy_timeout_milliseconds);
    database.execute("PRAGMA journal_mode = WAL");
    database.execute("PRAGMA synchronous = NORMAL");  // what is lost with the power is read again
    database.execute("PRAGMA foreign_keys = ON");
    if (const auto failed = database.failure()) return elytra::Unexpected(*failed);
    return database;
}

void Database::execute(const char* sql) {
    const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK && *first_error_ == 0) *first_error_ = code;
}

Statement Database::prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
    if (code != SQLITE_OK && *first_error_ == 0) *first_error_ = code;
    return {raw, *first_error_};
}

std::optional<DatabaseError> Database::failure() const {
    if (*first_error_ == 0) return std::nullopt;
    return error_of(*first_error_);
}

}  // namespace elytractl::records
