#include "orchestrator/process/member.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "bench/driver/throwaway_file.hpp"
#include "orchestrator/process/process_readings.hpp"
#include "server/common/assert.hpp"
#include "server/common/text.hpp"
#include "server/io/clock.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::io::ChildCommand;
using elytra::io::ChildStream;
using elytra::io::ChildText;

constexpr std::size_t port_text_max = 64;
// A descendant in a group of its own may keep the log of a member that has ended.
constexpr std::chrono::seconds log_patience(1);
// When we end on some other way: Runner has granted the members their time before.
constexpr std::chrono::milliseconds destruction_grace(100);

// "49152\n" and nothing else.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

// It lies above the stack, whose place in its pages it shifts.
std::string padding_variable(std::uint32_t size) {
    return "ELYTRACTL_PADDING=" + std::string(size, 'x');
}

std::uint64_t environment_bytes(const ChildCommand& command) {
    std::uint64_t bytes = 0;
    for (const std::string& variable : elytra::io::environment_of(command)) {
        bytes += variable.size() + 1;
    }
    return bytes;
}

std::uint64_t nanoseconds_since(elytra::Instant begin) {
    return elytra::io::monotonic_now().nanoseconds - begin.nanoseconds;
}

}  // namespace

Member::Member(elytra::io::asio::io_context& loop, MemberOptions options, MemberEvents events)
    : loop_(loop),
      options_(std::move(options)),
      events_(std::move(events)),
      log_([this](std::string_view line) {
          const std::string_view kind = options_.elytra ? mark_kind(line) : std::string_view();
          if (!kind.empty()) events_.on_mark(kind);
      }),
      log_patience_(loop),
      failure_(loop) {
    outcome_.name = fmt::format("r{}", options_.index);
    outcome_.log_path = options_.log_path;
    if (!options_.addresses.empty()) {
        outcome_.address = elytra::io::to_text(options_.addresses[options_.index]);
    }
}

elytra::Result<void, int> Member::prepare() { return log_.create(options_.log_path); }

void Member::refuse(std::string reason) {
    ELYTRA_ASSERT(stage_ == Stage::idle);
    stage_ = Stage::formatting;
    fail_later(std::move(reason));
}

void Member::format() {
    ELYTRA_ASSERT(stage_ == Stage::idle);
    stage_ = Stage::formatting;
    stage_begin_ = elytra::io::monotonic_now();
    launch({.executable = options_.executable,
            .arguments = arguments(
                {"format", fmt::format("--cluster={}", elytra::to_decimal(options_.cluster.value)),
                 fmt::format("--replica={}", options_.index),
                 fmt::format("--replica-count={}", options_.count), options_.data_file}),
            .output = ChildStream::discard,
            .errors = ChildStream::pipe,
            .grace = destruction_grace});
}

void Member::spawn() {
    ELYTRA_ASSERT(stage_ == Stage::formatted);
    stage_ = Stage::running;
    oom_kills_before_ = read_oom_kills();
    stage_begin_ = elytra::io::monotonic_now();
    const bool reports_port = options_.addresses.empty();
    const ChildCommand command{.executable = options_.executable,
                               .arguments = start_arguments(),
                               .input = ChildStream::pipe,
                               .output = reports_port ? ChildStream::pipe : ChildStream::discard,
                               .errors = ChildStream::pipe,
                               .environment = {padding_variable(options_.environment_padding)},
                               .grace = destruction_grace};
    outcome_.environment_bytes = environment_bytes(command);
    outcome_.command = {options_.executable};
    outcome_.command.insert(outcome_.command.end(), command.arguments.begin(),
                            command.arguments.end());
    if (!launch(command) || !reports_port) return;
    child_->read_output(port_text_max, [this](const ChildText& output) { on_output(output); });
}

std::vector<std::string> Member::start_arguments() const {
    std::string addresses = options_.addresses.empty() ? "0" : "";
    for (const elytra::io::Address& address : options_.addresses) {
        addresses += (addresses.empty() ? "" : ",") + elytra::io::to_text(address);
    }
    std::vector<std::string> words{"start", "--addresses=" + addresses};
    words.insert(words.end(), options_.start_flags.begin(), options_.start_flags.end());
    words.push_back(options_.data_file);
    return arguments(std::move(words));
}

std::vector<std::string> Member::arguments(std::vector<std::string> words) const {
    if (!options_.subcommand.empty()) words.insert(words.begin(), options_.subcommand);
    return words;
}

bool Member::launch(const ChildCommand& command) {
    exit_.reset();
    log_ended_ = false;
    child_.emplace(loop_);
    if (const auto spawned = child_->spawn(command); !spawned.has_value()) {
        fail_later(fmt::format("cannot run {}: {}", command.executable,
                               elytra::io::error_text(spawned.error())));
        return false;
    }
    child_->follow_errors([this](std::string_view chunk) { on_log(chunk); });
    child_->wait([this](const elytra::io::ChildExit& exit) { on_child_exit(exit); });
    return true;
}

void Member::fail_later(std::string reason) {
    outcome_.reason = run::ExitReason::exited;
    outcome_.reason_text = std::move(reason);
    failure_.start({}, [this] {
        const bool formatting = stage_ == Stage::formatting;
        stage_ = Stage::ended;
        if (formatting) return events_.on_formatted(run::EndState::badly);
        events_.on_exited();
    });
}

void Member::on_output(const ChildText& output) {
    if (stage_ != Stage::running || exit_.has_value()) return;
    if (output.text.empty()) return;  // it has failed and is about to end, or the deadline ends it
    const std::optional<std::uint16_t> port = parse_port(output.text);
    if (!port.has_value()) {
        return events_.on_unusable(
            fmt::format("{} wrote {:?} instead of its port", outcome_.name, output.text));
    }
    const elytra::io::Address address = elytra::io::loopback(*port);
    outcome_.address = elytra::io::to_text(address);
    events_.on_port(address);
}

void Member::on_child_exit(const elytra::io::ChildExit& exit) {
    exit_ = exit;
    log_patience_.start(log_patience, [this] {
        log_ended_ = true;
        report_when_complete();
    });
    report_when_complete();
}

void Member::on_log(std::string_view chunk) {
    if (!chunk.empty()) return log_.append(chunk);
    log_ended_ = true;
    report_when_complete();
}

void Member::report_when_complete() {
    if (!exit_.has_value() || !log_ended_) return;
    log_patience_.cancel();
    if (stage_ == Stage::formatting) return on_format_ended();
    if (stage_ == Stage::running) on_server_ended();
}

void Member::on_format_ended() {
    outcome_.format_nanoseconds = nanoseconds_since(stage_begin_);
    outcome_.file_empty = elytra::bench::sizes_of(options_.data_file);
    if (exit_->exit_code == 0) {
        stage_ = Stage::formatted;
        return events_.on_formatted(run::EndState::well);
    }
    stage_ = Stage::ended;
    const std::string tail = log_.tail();
    explain({.exit = *exit_,
             .told_to_stop = told_to_stop_,
             .killed = killed_,
             .elytra = options_.elytra,
             .log_tail = tail});
    events_.on_formatted(run::EndState::badly);
}

void Member::on_server_ended() {
    stage_ = Stage::ended;
    const std::string tail = log_.tail();
    explain({.exit = *exit_,
             .told_to_stop = told_to_stop_,
             .killed = killed_,
             .oom_kill = read_oom_kills() > oom_kills_before_,
             .elytra = options_.elytra,
             .log_tail = tail});
    outcome_.file_final = elytra::bench::sizes_of(options_.data_file);
    events_.on_exited();
}

void Member::explain(const ExitFacts& facts) {
    const std::string who = stage_ == Stage::ended && outcome_.command.empty()
                                ? "format of " + outcome_.name
                                : outcome_.name;
    outcome_.exit = facts.exit;
    outcome_.reason = exit_reason(facts);
    if (!is_good(*outcome_.reason)) {
        outcome_.reason_text = reason_text(who, *outcome_.reason, facts);
    }
}

void Member::stop() {
    told_to_stop_ = true;
    if (stage_ == Stage::running && options_.addresses.empty()) return child_->close_input();
    terminate();
}

void Member::terminate() {
    told_to_stop_ = true;
    if (child_) child_->signal(SIGTERM);
}

void Member::kill(run::ExitReason reason) {
    if (!killed_.has_value()) killed_ = reason;
    if (child_) child_->signal(SIGKILL);
}

std::optional<run::MemberSample> Member::sample(std::uint64_t at_nanoseconds) {
    if (stage_ != Stage::running || exit_.has_value()) return std::nullopt;
    std::optional<run::MemberSample> sample = read_process(child_->pid());
    if (!sample.has_value()) return std::nullopt;
    sample->at_nanoseconds = at_nanoseconds;
    sample->file_bytes = elytra::bench::sizes_of(options_.data_file).allocated;
    outcome_.samples.push_back(*sample);
    return sample;
}

void Member::note_ready() { outcome_.ready_nanoseconds = nanoseconds_since(stage_begin_); }

void Member::note_memory() {
    if (stage_ != Stage::running || exit_.has_value()) return;
    outcome_.proportional_bytes = read_proportional_bytes(child_->pid());
}

bool Member::alive() const { return child_.has_value() && child_->pid() > 0; }

std::string Member::describe_process() const {
    return fmt::format("{} (process {})", outcome_.name, child_ ? child_->pid() : -1);
}

}  // namespace elytractl::process
