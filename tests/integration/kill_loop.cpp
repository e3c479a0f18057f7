// Kills a server under load, again and again, and checks that every acknowledged transfer is there
// exactly once with the timestamp that was acknowledged, and that balances add up (storage
// spec, 16.7).
//
//   elytra_kill_loop --server=build/release/elytra --cycles=200 [--seed=N]
//
// With --fill=FOLDER it loads the server until the small file system of that folder is full and the
// server has ended by itself, moves the data file out of there, and checks the same.
//
// Sessions live through the kills: what was in flight is repeated by the client until it is
// answered, so a request that was executed before a kill and answered after it must not be executed
// twice.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/common/prng.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/child.hpp"
#include "server/io/client.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/random.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace {

using namespace elytra;
namespace flags = wire::transfer_flags;

constexpr std::uint64_t account_count = 16;
constexpr std::size_t client_count = 4;
constexpr std::uint64_t cycles_between_checks = 10;
constexpr std::uint64_t samples_per_check = 8;
constexpr std::chrono::seconds answer_seconds_max{60};  // restarts included
// To fill the file system and to end: the server lets clients wait a minute for space.
constexpr std::chrono::seconds fill_seconds_max{180};
constexpr std::size_t batch_large = 8189;

[[noreturn]] void fail(const std::string& text) {
    std::fprintf(stderr, "kill loop: %s\n", text.c_str());
    std::printf("0 passed, 1 failed\n");
    std::exit(1);
}

void require(bool condition, const std::string& text) {
    if (!condition) fail(text);
}

template <class T>
std::vector<T> elements_of(std::span<const std::byte> bytes) {
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
}

// What the server has acknowledged, and the balances that follow from it.
class Model {
public:
    Model() : accounts_(account_count) {
        for (std::size_t index = 0; index < account_count; ++index) {
            accounts_[index].id = index + 1;
            accounts_[index].ledger = 1;
            accounts_[index].code = 1;
        }
    }

    void acknowledge(wire::Transfer stored, std::uint64_t timestamp) {
        stored.timestamp = timestamp;
        wire::Account& debit = account(stored.debit_account_id);
        wire::Account& credit = account(stored.credit_account_id);
        if ((stored.flags & flags::pending) != 0) {
            debit.debits_pending += stored.amount;
            credit.credits_pending += stored.amount;
        } else {
            debit.debits_posted += stored.amount;
            credit.credits_posted += stored.amount;
        }
        if ((stored.flags & flags::post_pending_transfer) != 0) {
            debit.debits_pending -= stored.amount;
            credit.credits_pending -= stored.amount;
        }
        transfers_.push_back(stored);
    }

    const std::vector<wire::Transfer>& transfers() const { return transfers_; }

    std::vector<wire::Account>& accounts() { return accounts_; }

private:
    wire::Account& account(u128 id) { return accounts_[static_cast<std::size_t>(id) - 1]; }

    std::vector<wire::Account> accounts_;
    std::vector<wire::Transfer> transfers_;
};

// One session that keeps a batch of transfers in flight and enters what is acknowledged in the
// model.
class Loader {
public:
    Loader(io::asio::io_context& loop, const io::ClientOptions& options, Model& model, Prng prng)
        : client_(loop, options), model_(model), prng_(prng) {
        client_.connect([this](const auto& registered) {
            require(registered.has_value(), "a client could not register");
            ready_ = true;
        });
    }

    io::Client& client() { return client_; }

    bool waiting() const { return !ready_; }

    std::uint64_t answers() const { return answers_; }

    void send(u128& id_next) {
        const bool large = prng_.chance(1, 40);
        const std::uint64_t count = large ? batch_large : prng_.between(1, 200);
        sent_.clear();
        for (std::uint64_t index = 0; index < count; ++index) sent_.push_back(draw(id_next++));
        ready_ = false;
        client_.submit(wire::Operation::create_transfers, std::as_bytes(std::span(sent_)),
                       [this](const auto& reply) {
                           require(reply.has_value(), "a session ended");
                           on_created(elements_of<wire::CreateResult>(reply->results()));
                       });
    }

private:
    wire::Transfer draw(u128 id) {
        if (!pending_.empty() && prng_.chance(1, 4)) return post(id);
        wire::Transfer transfer{};
        transfer.id = id;
        transfer.debit_account_id = prng_.between(1, account_count);
        transfer.credit_account_id = transfer.debit_account_id % account_count + 1;
        transfer.amount = prng_.between(1, 1000);
        transfer.user_data_64 = prng_.next();
        transfer.ledger = 1;
        transfer.code = 1;
        if (prng_.chance(1, 5)) transfer.flags = flags::pending;
        return transfer;
    }

    // Posts an acknowledged pending transfer in full, all fields named.
    wire::Transfer post(u128 id) {
        wire::Transfer transfer = pending_.back();
        pending_.pop_back();
        transfer.pending_id = transfer.id;
        transfer.id = id;
        transfer.flags = flags::post_pending_transfer;
        transfer.timestamp = 0;
        return transfer;
    }

    void on_created(const std::vector<wire::CreateResult>& results) {
        require(results.size() == sent_.size(), "a reply has another number of results");
        for (std::size_t index = 0; index < results.size(); ++index) {
            const auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);
            require(results[index].status == created,
                    "a transfer was not created, status " + std::to_string(results[index].status));
            require(results[index].timestamp > timestamp_last_, "a timestamp does not ascend");
            timestamp_last_ = results[index].timestamp;
            model_.acknowledge(sent_[index], results[index].timestamp);
            if ((sent_[index].flags & flags::pending) != 0) pending_.push_back(sent_[index]);
        }
        ++answers_;
        ready_ = true;
    }

    io::Client client_;
    Model& model_;
    Prng prng_;
    bool ready_ = false;
    std::uint64_t answers_ = 0;
    std::uint64_t timestamp_last_ = 0;
    std::vector<wire::Transfer> sent_;
    std::vector<wire::Transfer> pending_;
};

struct Options {
    std::string server;
    std::uint64_t cycles = 200;
    std::uint64_t seed = 0;
    std::string fill{};  // a folder in the file system to fill; empty: kill instead
};

class KillLoop {
public:
    KillLoop(const Options& options, std::filesystem::path folder)
        : options_(options),
          prng_(options.seed),
          file_((options.fill.empty() ? folder : std::filesystem::path(options.fill)) /
                "kill_loop.elytra"),
          file_moved_(folder / "kill_loop.elytra") {
        io::Listener probe(loop_);
        require(probe.open(io::loopback(0)).has_value(), "no free port");
        address_ = probe.address();
        probe.close();
        run_to_end({"format", "--cluster=0", "--replica=0", "--replica-count=1", file_.string()});
        errors_path_ = (folder / "server.log").string();
    }

    void run() {
        start_server();
        for (std::size_t index = 0; index < client_count; ++index) add_loader();
        create_accounts();
        if (options_.fill.empty()) return kill_under_load();
        fill_under_load();
    }

private:
    void kill_under_load() {
        for (std::uint64_t cycle = 1; cycle <= options_.cycles; ++cycle) {
            load_for(std::chrono::milliseconds(prng_.between(5, 250)));
            kill_server();
            start_server();
            if (cycle % 25 == 0) replace_loader();
            if (cycle % cycles_between_checks == 0) check_some();
        }
        check_all();
        std::printf("%llu kills, %zu transfers acknowledged, all there exactly once\n",
                    static_cast<unsigned long long>(options_.cycles), model_.transfers().size());
        std::printf("%llu passed, 0 failed\n", static_cast<unsigned long long>(options_.cycles));
    }

    void fill_under_load() {
        load_until(fill_seconds_max, [this] { return ended_.has_value(); });
        require(ended_->exit_code == static_cast<int>(io::ExitCode::no_space),
                "the server " + io::to_text(*ended_) + " on a full file system");
        const std::size_t acknowledged = model_.transfers().size();
        std::filesystem::copy_file(file_, file_moved_);
        std::filesystem::remove(file_);
        file_ = file_moved_;
        start_server();
        check_all();
        std::printf("full after %zu acknowledged transfers, %zu after the move, all there once\n",
                    acknowledged, model_.transfers().size());
        std::printf("1 passed, 0 failed\n");
    }

    io::ChildCommand command(std::vector<std::string> arguments) const {
        return {.executable = options_.server,
                .arguments = std::move(arguments),
                .output = io::ChildStream::discard,
                .errors_path = errors_path_};
    }

    void run_to_end(std::vector<std::string> arguments) {
        io::Child child(loop_);
        require(child.spawn(command(std::move(arguments))).has_value(), "cannot run the server");
        std::optional<io::ChildExit> ended;
        child.wait([&](const io::ChildExit& exit) { ended = exit; });
        run_until([&] { return ended.has_value(); });
        require(ended->exit_code == 0, "the server " + io::to_text(*ended));
    }

    void start_server() {
        server_ = std::make_unique<io::Child>(loop_);
        const auto spawned = server_->spawn(
            command({"start", "--addresses=" + io::to_text(address_), file_.string()}));
        require(spawned.has_value(), "cannot run the server");
        ended_.reset();
        server_->wait([this](const io::ChildExit& exit) { ended_ = exit; });
    }

    void kill_server() {
        require(!ended_.has_value(), "the server ended by itself; see " + errors_path_);
        server_->signal(SIGKILL);
        run_until([this] { return ended_.has_value(); });
        require(ended_->signal == SIGKILL, "the server " + io::to_text(*ended_));
    }

    void add_loader() {
        const io::ClientOptions options{.addresses = {address_}};
        loaders_.push_back(
            std::make_unique<Loader>(loop_, options, model_, prng_.split(++loaders_made_)));
    }

    // A new session takes over, the old one stays in the server's table.
    void replace_loader() {
        finish_requests();
        loaders_.erase(loaders_.begin());
        add_loader();
    }

    // Hands over to the loop until `done`; a server that does not come back ends the test.
    template <class Done>
    void run_until(Done done, std::chrono::seconds patience_max = answer_seconds_max) {
        io::asio::steady_timer patience(loop_, patience_max);
        bool expired = false;
        patience.async_wait([&](io::ErrorCode error) { expired = !error; });
        while (!done()) {
            loop_.run_one();
            require(!expired, "no progress for too long; see " + errors_path_);
        }
        patience.cancel();
        loop_.poll();
    }

    // Keeps a batch of every session in flight.
    template <class Done>
    void load_until(std::chrono::seconds patience_max, Done done) {
        run_until(
            [&] {
                for (const auto& loader : loaders_) {
                    if (!loader->waiting()) loader->send(id_next_);
                }
                return done();
            },
            patience_max);
    }

    void load_for(std::chrono::milliseconds time) {
        io::asio::steady_timer moment(loop_, time);
        bool reached = false;
        moment.async_wait([&](io::ErrorCode) { reached = true; });
        load_until(answer_seconds_max, [&] { return reached; });
    }

    void finish_requests() {
        run_until([this] {
            for (const auto& loader : loaders_) {
                if (loader->waiting()) return false;
            }
            return true;
        });
    }

    // Runs one request on the first session and returns its results.
    std::vector<std::byte> ask(wire::Operation operation, std::span<const std::byte> events) {
        std::optional<std::vector<std::byte>> results;
        loaders_.front()->client().submit(operation, events, [&](const auto& reply) {
            require(reply.has_value(), "a session ended");
            results = elements_of<std::byte>(reply->results());
        });
        run_until([&] { return results.has_value(); });
        return std::move(*results);
    }

    void create_accounts() {
        finish_requests();
        const auto results = elements_of<wire::CreateResult>(
            ask(wire::Operation::create_accounts, std::as_bytes(std::span(model_.accounts()))));
        require(results.size() == account_count, "accounts were not created");
        for (std::size_t index = 0; index < account_count; ++index) {
            model_.accounts()[index].timestamp = results[index].timestamp;
        }
    }

    // What was acknowledged since the last time, and some of what was before.
    void check_some() {
        finish_requests();
        check_accounts();
        for (std::uint64_t sample = 0; sample < samples_per_check && checked_ > 0; ++sample) {
            check_batch(static_cast<std::size_t>(prng_.below(checked_)));
        }
        check_from(checked_);
    }

    void check_all() {
        finish_requests();
        check_accounts();
        check_from(0);
    }

    void check_from(std::size_t begin) {
        checked_ = model_.transfers().size();
        for (std::size_t from = begin; from < checked_; from += batch_large) check_batch(from);
    }

    // The transfer at this position and those behind it.
    void check_batch(std::size_t from) {
        const std::span<const wire::Transfer> all = model_.transfers();
        check_transfers(all.subspan(from, std::min(batch_large, all.size() - from)));
    }

    void check_accounts() {
        std::vector<u128> ids;
        for (const wire::Account& account : model_.accounts()) ids.push_back(account.id);
        const auto found = elements_of<wire::Account>(
            ask(wire::Operation::lookup_accounts, std::as_bytes(std::span(ids))));
        require(found.size() == account_count, "an account is missing");
        for (std::size_t index = 0; index < account_count; ++index) {
            require(
                std::memcmp(&found[index], &model_.accounts()[index], sizeof(wire::Account)) == 0,
                "account " + std::to_string(index + 1) + " differs from what was acknowledged");
        }
    }

    void check_transfers(std::span<const wire::Transfer> expected) {
        std::vector<u128> ids;
        for (const wire::Transfer& transfer : expected) ids.push_back(transfer.id);
        const auto found = elements_of<wire::Transfer>(
            ask(wire::Operation::lookup_transfers, std::as_bytes(std::span(ids))));
        require(found.size() == expected.size(), "an acknowledged transfer is missing");
        require(std::memcmp(found.data(), expected.data(), expected.size_bytes()) == 0,
                "a transfer differs from what was acknowledged");
    }

    Options options_;
    Prng prng_;
    std::filesystem::path file_;
    std::filesystem::path file_moved_;
    std::string errors_path_;
    io::asio::io_context loop_;
    // Between two steps nothing is pending, and a loop without work would stop for good.
    io::asio::executor_work_guard<io::asio::io_context::executor_type> work_{loop_.get_executor()};
    io::Address address_;
    Model model_;
    std::unique_ptr<io::Child> server_;
    std::optional<io::ChildExit> ended_;
    std::vector<std::unique_ptr<Loader>> loaders_;
    std::uint64_t loaders_made_ = 0;
    u128 id_next_ = 1;
    std::size_t checked_ = 0;  // so many transfers were looked up once
};

std::uint64_t number_of(std::string_view text) {
    return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

Options parse(int argc, char** argv) {
    Options options{.server = {}, .seed = static_cast<std::uint64_t>(io::random_u128())};
    for (int index = 1; index < argc; ++index) {
        const std::string_view word = argv[index];
        if (word.starts_with("--server=")) {
            options.server = word.substr(9);
        } else if (word.starts_with("--cycles=")) {
            options.cycles = number_of(word.substr(9));
        } else if (word.starts_with("--seed=")) {
            options.seed = number_of(word.substr(7));
        } else if (word.starts_with("--fill=")) {
            options.fill = word.substr(7);
        } else {
            fail("unknown argument " + std::string(word));
        }
    }
    require(!options.server.empty(), "--server=PATH is missing");
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
    std::fflush(stdout);
    // Where the build is, not /tmp, which may be a file system in memory. A failure leaves it for a
    // look.
    const std::filesystem::path folder =
        std::filesystem::current_path() / ("kill_loop." + std::to_string(options.seed));
    std::filesystem::create_directory(folder);
    KillLoop(options, folder).run();
    std::filesystem::remove(folder / "kill_loop.elytra");
    std::filesystem::remove(folder / "server.log");
    std::filesystem::remove(folder);
    return 0;
}
