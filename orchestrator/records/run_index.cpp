#include "orchestrator/records/run_index.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_name.hpp"
#include "orchestrator/report/json_read.hpp"
#include "server/common/int.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using nlohmann::json;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

// The migration with the number n brings a database of version n to version n + 1.
constexpr std::array<const char*, 1> migrations{R"sql(
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT NOT NULL,
    exit_code INTEGER,
    verdict TEXT NOT NULL,
    measurements INTEGER NOT NULL
) STRICT;
CREATE TABLE metrics (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    measurement INTEGER NOT NULL,
    subject TEXT NOT NULL,
    cell TEXT NOT NULL,
    rate REAL,
    repeat INTEGER NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run, measurement, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX metrics_by_name ON metrics (metric, run);
CREATE TABLE tags (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) STRICT, WITHOUT ROWID;
)sql"};

constexpr std::string_view file_name = "runs.sqlite";
constexpr int aside_max = 1000;

std::int64_t schema_version(Database& database) {
    Statement statement = database.prepare("PRAGMA user_version");
    return statement.step() ? statement.integer(0) : 0;
}

// Every step is a transaction of its own together with its number. Two processes that start with
// the same old file take turns; the second finds the work done.
Result<void, DatabaseError> migrate(Database& database) {
    database.execute("BEGIN IMMEDIATE");
    const auto known = elytra::narrow<std::int64_t>(migrations.size());
    const std::int64_t version = schema_version(database);
    if (version > known) {
        database.execute("ROLLBACK");
        return Unexpected(DatabaseError{
            .text = fmt::format("it has version {}, and this program knows {}: a newer elytractl "
                                "wrote it; use that one, or move the file away",
                                version, known)});
    }
    for (std::int64_t step = version; step < known; ++step) {
        database.execute(migrations[elytra::narrow<std::size_t>(step)]);
        database.execute(fmt::format("PRAGMA user_version = {}", step + 1).c_str());
    }
    database.execute("COMMIT");
    if (const auto failed = database.failure()) return Unexpected(*failed);
    return {};
}

Result<Database, DatabaseError> open_checked(const std::string& path) {
    auto database = Database::open(path);
    if (!database.has_value()) return database;
    const auto migrated = migrate(*database);
    if (!migrated.has_value()) return Unexpected(migrated.error());
    Statement check = database->prepare("PRAGMA quick_check(1)");
    if (!check.step() || check.text(0) != "ok") {
        return Unexpected(DatabaseError{DatabaseError::Kind::damaged, "it is not in order"});
    }
    return database;
}

// Keeps the damaged file for whoever wants to look at it.
std::optional<std::string> move_aside(const std::string& path) {
    for (int attempt = 1; attempt < aside_max; ++attempt) {
        const std::string aside = fmt::format("{}.damaged-{}", path, attempt);
        if (::access(aside.c_str(), F_OK) == 0) continue;
        if (::rename(path.c_str(), aside.c_str()) != 0) return std::nullopt;
        // Its log belongs to the damaged file and would be taken for one of the next.
        for (const char* const suffix : {"-wal", "-shm"}) {
            ::rename((path + suffix).c_str(), (aside + suffix).c_str());
        }
        return aside;
    }
    return std::nullopt;
}

std::string stamp_part(const std::string& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return "-";
    return fmt::format("{}.{:09}/{}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino);
}

// Changes whenever the folder says something else than before.
std::string stamp_of(const std::string& folder) {
    return stamp_part(folder + "/result.json") + " " + stamp_part(folder + "/tags");
}

std::string verdict_of(const json& result) { return text_of(part_of(result, "verdict"), "word"); }

bool refers_to(const RunRow& row, std::string_view text) {
    return row.id == text || row.name == text || std::ranges::count(row.tags, text) > 0;
}

bool has_number(const RunRow& row, std::string_view text) {
    const bool digits = !text.empty() && std::ranges::all_of(text, [](char letter) {
        return letter >= '0' && letter <= '9';
    });
    if (!digits) return false;
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    return fmt::to_string(run_number(row.id).value_or(0)) == text;
}

}  // namespace

Result<RunIndex, std::string> RunIndex::open(const std::string& directory) {
    const std::string path = fmt::format("{}/{}", directory, file_name);
    std::vector<std::string> warnings;
    auto database = open_checked(path);
    if (!database.has_value() && database.error().kind == DatabaseError::Kind::damaged) {
        if (const auto aside = move_aside(path)) {
            warnings.push_back(fmt::format(
                "{} was damaged ({}); it is now {}, and was made again from the folders", path,
                database.error().text, *aside));
            database = open_checked(path);
        }
    }
    auto index = fill(directory, std::move(database));
    if (!index.has_value() && index.error().kind == DatabaseError::Kind::not_writable) {
        struct stat status {};

        if (::stat(directory.c_str(), &status) == 0) {
            warnings.push_back(fmt::format("{} cannot be written ({}); the folders are read anew",
                                           path, index.error().text));
        }
        index = fill(directory, open_checked(":memory:"));
    }
    if (!index.has_value()) {
        return Unexpected(fmt::format("cannot use {}: {}", path, index.error().text));
    }
    index->warnings_.insert(index->warnings_.begin(), warnings.begin(), warnings.end());
    return std::move(*index);
}

Result<RunIndex, DatabaseError> RunIndex::fill(const std::string& directory,
                                               Result<Database, DatabaseError> database) {
    if (!database.has_value()) return Unexpected(database.error());
    RunIndex index(directory, std::move(*database));
    index.update();
    if (const auto failed = index.database_.failure()) return Unexpected(*failed);
    return index;
}

void RunIndex::update() {
    std::map<std::string, std::string> known;
    Statement rows = database_.prepare("SELECT id, stamp FROM runs WHERE state <> 'missing'");
    while (rows.step()) known.emplace(rows.text(0), rows.text(1));
    rows.reset();

    database_.execute("BEGIN IMMEDIATE");
    for (const std::string& id : run_names(directory_)) {
        const std::string stamp = stamp_of(directory_ + "/" + id);
        const auto row = known.find(id);
        const bool current = row != known.end() && row->second == stamp;
        if (row != known.end()) known.erase(row);
        if (!current) refresh(id);
    }
    for (const auto& [id, stamp] : known) {
        warnings_.push_back(
            fmt::format("the folder of {} is gone; what the index knows stays", id));
        database_.prepare("UPDATE runs SET state = 'missing' WHERE id = ?").bind(0, id).step();
    }
    database_.execute("COMMIT");
}

void RunIndex::refresh(const std::string& id) {
    const StoredRun run = read_run(directory_, id);
    // After reading, which may have marked the run as incomplete. A run that goes on is read again.
    const bool running = text_of(part_of(run.result, "run"), "state") == "running";
    const std::string stamp = running ? "running" : stamp_of(run.folder);
    if (!run.problem.empty() && !running) {
        warnings_.push_back(fmt::format("{}: {}", run.folder, run.problem));
    }
    database_.execute("SAVEPOINT run");
    store(run, stamp);
    database_.execute("RELEASE run");
}

void RunIndex::store(const StoredRun& run, const std::string& stamp) {
    forget(run.id);
    const json& head = part_of(run.result, "run");
    Statement row = database_.prepare(
        "INSERT INTO runs (id, number, stamp, kind, name, state, started, ended, exit_code, "
        "verdict, measurements) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(0, run.id)
        .bind(1, elytra::narrow<std::int64_t>(run_number(run.id).value_or(0)))
        .bind(2, stamp)
        .bind(3, text_of(head, "kind"))
        .bind(4, text_of(head, "name"))
        .bind(5, text_of(head, "state"))
        .bind(6, text_of(head, "started"))
        .bind(7, text_of(head, "ended"))
        .bind(9, verdict_of(run.result))
        .bind(10, elytra::narrow<std::int64_t>(list_of(run.result, "measurements").size()));
    const json& code = part_of(head, "exit_code");
    if (code.is_number_integer()) row.bind(8, code.get<std::int64_t>());
    row.step();
    for (const std::string& tag : run.tags) {
        database_.prepare("INSERT OR IGNORE INTO tags (run, tag) VALUES (?, ?)")
            .bind(0, run.id)
            .bind(1, tag)
            .step();
    }
    store_metrics(run);
}

void RunIndex::store_metrics(const StoredRun& run) {
    Statement row = database_.prepare(
        "INSERT OR IGNORE INTO metrics (run, measurement, subject, cell, rate, repeat, metric, "
        "value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const json& measurement : list_of(run.result, "measurements")) {
        const json& metrics = part_of(measurement, "metrics");
        if (!metrics.is_object()) continue;
        const auto replace = json::error_handler_t::replace;
        const std::string cell = part_of(measurement, "cell").dump(-1, ' ', false, replace);
        for (const auto& [name, value] : metrics.items()) {
            if (!value.is_number()) continue;
            row.reset();
            row.bind(0, run.id)
                .bind(1, static_cast<std::int64_t>(number_of(measurement, "index").value_or(0)))
                .bind(2, text_of(measurement, "subject"))
                .bind(3, cell)
                .bind(4, number_of(measurement, "rate"))
                .bind(5, static_cast<std::int64_t>(number_of(measurement, "repeat").value_or(0)))
                .bind(6, name)
                .bind(7, value.get<double>());
            row.step();
        }
    }
}

void RunIndex::forget(const std::string& id) {
    database_.prepare("DELETE FROM runs WHERE id = ?").bind(0, id).step();
}

std::vector<RunRow> RunIndex::runs() {
    std::vector<RunRow> found;
    Statement rows = database_.prepare(
        "SELECT id, kind, name, state, started, ended, exit_code, verdict, measurements FROM runs "
        "ORDER BY number, id");
    Statement tags = database_.prepare("SELECT tag FROM tags WHERE run = ? ORDER BY tag");
    while (rows.step()) {
        RunRow& row = found.emplace_back();
        row.id = rows.text(0);
        row.kind = rows.text(1);
        row.name = rows.text(2);
        row.state = rows.text(3);
        row.started = rows.text(4);
        row.ended = rows.text(5);
        if (!rows.is_null(6)) row.exit_code = rows.integer(6);
        row.verdict = rows.text(7);
        row.measurements = rows.integer(8);
        tags.reset();
        tags.bind(0, row.id);
        while (tags.step()) row.tags.push_back(tags.text(0));
        tags.reset();
    }
    return found;
}

std::vector<MetricRow> RunIndex::metrics(std::optional<std::string_view> metric) {
    std::vector<MetricRow> found;
    Statement rows = database_.prepare(
        "SELECT run, kind, name, started, measurement, subject, cell, rate, repeat, metric, value "
        "FROM metrics JOIN runs ON runs.id = run WHERE metric = ?1 OR ?1 IS NULL "
        "ORDER BY number, run, measurement, metric");
    rows.bind(0, metric);
    while (rows.step()) {
        MetricRow& row = found.emplace_back();
        row.run = rows.text(0);
        row.kind = rows.text(1);
        row.name = rows.text(2);
        row.started = rows.text(3);
        row.measurement = rows.integer(4);
        row.subject = rows.text(5);
        row.cell = rows.text(6);
        if (!rows.is_null(7)) row.rate = rows.real(7);
        row.repeat = rows.integer(8);
        row.metric = rows.text(9);
        row.value = rows.real(10);
    }
    return found;
}

std::vector<std::string> RunIndex::metric_names() {
    std::vector<std::string> names;
    Statement rows = database_.prepare("SELECT DISTINCT metric FROM metrics ORDER BY metric");
    while (rows.step()) names.push_back(rows.text(0));
    return names;
}

std::optional<std::string> RunIndex::find(std::string_view text) {
    const std::vector<RunRow> rows = runs();
    const auto youngest = [&](const auto& fits) -> std::optional<std::string> {
        const auto found = std::find_if(rows.rbegin(), rows.rend(), fits);
        if (found == rows.rend()) return std::nullopt;
        return found->id;
    };
    if (text.empty() || text == "last") return youngest([](const RunRow&) { return true; });
    if (auto found = youngest([&](const RunRow& row) { return refers_to(row, text); }))
        return found;
    if (auto found = youngest([&](const RunRow& row) { return has_number(row, text); }))
        return found;
    return youngest([&](const RunRow& row) { return row.id.find(text) != std::string::npos; });
}

}  // namespace elytractl::records
