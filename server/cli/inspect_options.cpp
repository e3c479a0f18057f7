#include "server/cli/inspect_options.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/common/limits.hpp"
#include "server/common/nearest_name.hpp"

namespace elytra::cli {
namespace {

constexpr std::uint32_t slot_max_wal = wal_slots - 1;
constexpr std::uint32_t slot_max_replies = limits_production().sessions_max - 1;
constexpr std::uint32_t copy_max = 3;
constexpr std::uint32_t level_max = 6;
constexpr SizeRange manifest_range = {.min = 1 << 20, .max = 4095ULL << 20, .multiple = 1 << 20};

// What the values of flags become, before they make sense together.
struct InspectInput {
    std::string tree;
    bool json = false;
    std::uint64_t memory_lsm_manifest = 0;  // accepted, without effect
};

struct SubCommand {
    std::string_view name;  // as typed behind the program
    std::string_view arguments;
    std::string_view summary;
    std::vector<Flag> (*flags)(InspectOptions&, InspectInput&);
};

Flag copy_flag(InspectOptions& options) {
    return {"superblock-copy", "<0..3>",
            "Take the checkpoint that this copy names, not that of the quorum.",
            store_integer(options.superblock_copy, {.max = copy_max})};
}

std::vector<Flag> superblock_flags(InspectOptions&, InspectInput&) { return {}; }

std::vector<Flag> wal_flags(InspectOptions& options, InspectInput&) {
    return {{"slot", "<0..1023>", "Show the records of ops that are this modulo 1024, with events.",
             store_integer(options.slot, {.max = slot_max_wal})}};
}

std::vector<Flag> replies_flags(InspectOptions& options, InspectInput&) {
    return {{"slot", "<0..63>", "Show the reply of this session, with its results.",
             store_integer(options.slot, {.max = slot_max_replies})},
            copy_flag(options)};
}

std::vector<Flag> grid_flags(InspectOptions& options, InspectInput&) {
    return {{"block", "<number>", "Show what is at this offset in the file, counted in 4 KiB.",
             store_integer(options.block, {.min = 1})},
            copy_flag(options)};
}

std::vector<Flag> manifest_flags(InspectOptions& options, InspectInput&) {
    return {copy_flag(options)};
}

std::vector<Flag> tables_flags(InspectOptions& options, InspectInput& input) {
    return {{"tree", "<name or id>", "Which one: see below.", store_text(input.tree),
             Presence::required},
            {"level", "<0..6>", "Only tables of this tier.",
             store_integer(options.level, {.max = level_max})},
            copy_flag(options)};
}

std::vector<Flag> integrity_flags(InspectOptions& options, InspectInput& input) {
    return {
        {"skip-wal", "", "Do not verify evidence and log.", store_switch(options.skip_wal)},
        {"skip-client-replies", "", "Do not verify sessions and replies.",
         store_switch(options.skip_client_replies)},
        {"skip-grid", "", "Do not verify what checkpoints hold.", store_switch(options.skip_grid)},
        {"force", "", "Verify a file in use; what it then finds may be no damage.",
         store_switch(options.force)},
        {"seed", "<number>", "Verify the grid in another order.", store_integer(options.seed)},
        {"log-debug", "", "Log every segment.", store_switch(options.log_debug)},
        {"memory-lsm-manifest", "<size>", "Without effect.",
         store_size(input.memory_lsm_manifest, manifest_range)},
    };
}

// In the order of Inspection.
constexpr std::array sub_commands = {
    SubCommand{"superblock", "",
               "Shows every field of the four superblock copies, one line for each value that some "
               "of them have.\nThe mark has a column for each copy: | has the value, _ has another "
               "one, X is damaged.",
               superblock_flags},
    SubCommand{"wal", "[--slot=<0..1023>]",
               "Shows all records that the log holds, in order, and what a server that opens the "
               "file makes of them:\npresent, torn (never acknowledged), lost or unknown (damage), "
               "stale and unchained (given up), released (no longer needed).\nThe mark: || header "
               "and body are intact, |_ only the header, _| only others name the record, __ "
               "nothing is known.",
               wal_flags},
    SubCommand{"replies", "[--slot=<0..63>] [--superblock-copy=<0..3>]",
               "Shows the client sessions of the newest checkpoint with the last reply of each.\n"
               "The mark: || header and body are intact, |_ only the header.",
               replies_flags},
    SubCommand{"grid", "[--block=<number>] [--superblock-copy=<0..3>]",
               "Shows which parts of the page store the checkpoints use.\nThe mark: || both of the "
               "two newest ones, |_ only the newest, _| only the one before, __ free.",
               grid_flags},
    SubCommand{"manifest", "[--superblock-copy=<0..3>]",
               "Shows the segments and chunks of the two newest checkpoints, and the runs of each "
               "index.",
               manifest_flags},
    SubCommand{
        "tables", "--tree=<name or id> [--level=<0..6>] [--superblock-copy=<0..3>]",
        "Shows the chunks of a table or an index in the newest checkpoint, and the records of "
        "the log that will be in the next one.\nThe mark: I new in this checkpoint, U as in "
        "the one before, W only in the log.\nT tree, L tier, K keys min..max, V values, P "
        "pages, S segment and N chunk in it, C checksum, A block (grid --block), O offset in "
        "the file.",
        tables_flags},
    SubCommand{"integrity", "[flags]",
               "Verifies everything: superblock, log, and all that the two newest checkpoints "
               "hold.\nLists each damage; the status is 0 when there is none. A log whose end was "
               "being written when its process died is sound.\nA file that a server has open is "
               "refused, because what is being written looks like damage.",
               integrity_flags},
};

std::vector<std::string_view> names() {
    std::vector<std::string_view> result;
    for (const SubCommand& command : sub_commands) result.push_back(command.name);
    return result;
}

std::string inspect_help() {
    std::string text =
        "Shows and verifies what is in a data file. Reads only: no byte of the file changes, no "
        "lock is\ntaken. What a server is writing at the same time may look inconsistent.\n\n";
    for (const SubCommand& command : sub_commands) {
        text += fmt::format("  elytra inspect {}{}{} <path>\n", command.name,
                            command.arguments.empty() ? "" : " ", command.arguments);
    }
    return text +
           "\nAll of them take --json. elytra inspect <sub-command> --help shows what it does.\n"
           "Status: 0 shown and sound; 1 refused, not a data file, or damaged.\n";
}

Refusal refuse_word(std::string_view word) {
    const std::vector<std::string_view> known = names();
    const std::string_view nearest = nearest_name(word, known);
    const std::string hint = nearest.empty() ? fmt::format("known are {}", fmt::join(known, ", "))
                                             : fmt::format("did you mean {}?", nearest);
    return Refusal{{describe_error(word.empty() ? "''" : word, {},
                                   "unknown sub-command of inspect; " + hint)}};
}

void resolve_tree(const InspectInput& input, InspectOptions& options,
                  std::vector<std::string>& errors) {
    const auto tree = inspect::find_tree(input.tree);
    if (tree.has_value()) {
        options.tree = *tree;
    } else {
        errors.push_back(
            describe_error("--tree", input.tree,
                           fmt::format("unknown tree; known are {}", inspect::tree_names())));
    }
}

}  // namespace

Request<InspectOptions> parse_inspect_options(Arguments arguments) {
    if (arguments.empty()) {
        return Refusal{
            {fmt::format("inspect: a sub-command is missing: {}; try elytra inspect "
                         "--help",
                         fmt::join(names(), ", "))}};
    }
    const std::string_view word = arguments.front();
    if (word == "--help" || word == "-h") return HelpText{inspect_help()};
    const auto command = std::ranges::find(sub_commands, word, &SubCommand::name);
    if (command == sub_commands.end()) return refuse_word(word);

    InspectOptions options;
    InspectInput input;
    options.inspection = static_cast<Inspection>(command - sub_commands.begin());
    const std::string name = fmt::format("inspect {}", command->name);
    CommandLine line = {
        .program = "elytra",
        .command = name,
        .summary = command->summary,
        .flags = command->flags(options, input),
        .positional = Positional{"<path>", "path of the data file", &options.path},
    };
    line.flags.push_back({"json", "", "Print a JSON document.", store_switch(input.json)});
    ParsedArguments parsed = parse_arguments(line, arguments.subspan(1));
    if (input.json) options.form = OutputForm::json;
    const bool has_tree = options.inspection == Inspection::tables;
    if (has_tree && !parsed.help_wanted && parsed.errors.empty()) {
        resolve_tree(input, options, parsed.errors);
    }
    if (has_tree && parsed.help_wanted) {
        return HelpText{help_text(line) + "\nTrees: " + inspect::tree_names() + "\n"};
    }
    return conclude(line, std::move(parsed), std::move(options));
}

}  // namespace elytra::cli
