#include "orchestrator/cli/init_command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/spec/start_file.hpp"

namespace elytractl::cli {

InitVerb::InitVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand("init", "Writes a run file to start from");
    command->add_option("FILE", path_, "Where to; must not exist")->capture_default_str();
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode InitVerb::run() const {
    const std::string_view text = spec::start_file();
    std::FILE* const file = std::fopen(path_.c_str(), "wxe");
    if (file == nullptr && errno == EEXIST) {
        return refuse(fmt::format("{}: exists already; name another file or remove it", path_),
                      ExitCode::refused);
    }
    const bool written =
        file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!written || !closed) {
        return refuse(fmt::format("cannot write {}: {}", path_, std::strerror(errno)),
                      ExitCode::host_unsuitable);
    }
    fmt::print(stderr,
               "wrote {0}\n"
               "  elytractl explain --keys    what every key means\n"
               "  elytractl plan {0}    what would run\n"
               "  elytractl bench {0}   run it\n",
               path_);
    return ExitCode::success;
}

}  // namespace elytractl::cli
