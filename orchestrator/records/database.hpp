#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/common/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace elytractl::records {

struct DatabaseError {
    enum class Kind : std::uint8_t { damaged, not_writable, other };

    Kind kind = Kind::other;
    std::string text;
};

struct CloseDatabase {
    void operator()(sqlite3* database) const;
};

struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const;
};

// A prepared statement; columns and parameters count from 0. Must not outlive its database, which
// remembers what fails: a statement that has failed has no rows.
class Statement {
public:
    Statement(sqlite3_stmt* statement, int& first_error)
        : statement_(statement), first_error_(&first_error) {}

    Statement& bind(int parameter, std::string_view text);
    Statement& bind(int parameter, std::int64_t number);
    Statement& bind(int parameter, double number);
    Statement& bind_null(int parameter);

    template <class T>
    Statement& bind(int parameter, const std::optional<T>& value) {
        return value ? bind(parameter, *value) : bind_null(parameter);
    }

    // True while there is a row to read.
    bool step();

    void reset();

    std::string text(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    bool is_null(int column) const;

private:
    void note(int code);

    std::unique_ptr<sqlite3_stmt, CloseStatement> statement_;
    int* first_error_;
};

// A connection to SQLite. The first error is kept, so that a series of statements is checked once,
// at its end.
class Database {
public:
    // ":memory:" for one that is not kept.
    static elytra::Result<Database, DatabaseError> open(const std::string& path);

    void execute(const char* sql);
    Statement prepare(const char* sql);

    // What failed first since the database was opened; none where all went well.
    std::optional<DatabaseError> failure() const;

private:
    explicit Database(sqlite3* database)
        : database_(database), first_error_(std::make_unique<int>(0)) {}

    std::unique_ptr<sqlite3, CloseDatabase> database_;
    std::unique_ptr<int> first_error_;  // where statements reach it when the database is moved
};

}  // namespace elytractl::records
