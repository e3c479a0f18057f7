#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/bench_flow.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/spec/bench_spec.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl bench: measures throwaway clusters as a run file says. Every server is ended and every
// file of ours removed when the action returns.
class BenchVerb {
public:
    // Outlives what CLI11 and main do with the two, as do the verbs below.
    BenchVerb(CLI::App& app, Action& chosen);
    BenchVerb(const BenchVerb&) = delete;
    BenchVerb& operator=(const BenchVerb&) = delete;

    // Where verbs stand that belong to it.
    CLI::App& command() const { return *command_; }

private:
    Outcome run() const;
    Outcome run_again() const;

    CLI::App* command_;
    SpecFlags spec_;
    BenchFlags flags_;
    std::string rerun_;  // a run; empty: what the run files say
};

// elytractl bench compare: two programs or configurations in interleaved blocks, and whether they
// differ.
class CompareVerb {
public:
    CompareVerb(CLI::App& bench, Action& chosen);
    CompareVerb(const CompareVerb&) = delete;
    CompareVerb& operator=(const CompareVerb&) = delete;

private:
    // What is compared, beside what both have in common.
    struct Side {
        std::string program;
        std::vector<std::string> settings;  // "/load/clients=4"

        bool empty() const { return program.empty() && settings.empty(); }
    };

    Outcome run() const;
    std::optional<spec::BenchSpec> load_side(std::string_view flag, const Side& side) const;

    SpecFlags spec_;
    BenchFlags flags_;
    Side a_;
    Side b_;
    std::uint32_t pairs_ = 10;
    std::uint64_t order_seed_ = 42;
    bool until_decided_ = false;
};

// elytractl bench sweep: how much can be offered before it is not served any more.
class SweepVerb {
public:
    SweepVerb(CLI::App& bench, Action& chosen);
    SweepVerb(const SweepVerb&) = delete;
    SweepVerb& operator=(const SweepVerb&) = delete;

private:
    Outcome run() const;

    SpecFlags spec_;
    BenchFlags flags_;
    std::string slo_;  // "p99=40ms"
};

// elytractl bench null: the load generator against a server that does nothing, which is the most it
// can measure on this machine, and the least latency.
class NullVerb {
public:
    NullVerb(CLI::App& bench, Action& chosen);
    NullVerb(const NullVerb&) = delete;
    NullVerb& operator=(const NullVerb&) = delete;

private:
    Outcome run() const;

    SpecFlags spec_;
    BenchFlags flags_;
};

}  // namespace elytractl::cli
