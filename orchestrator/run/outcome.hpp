#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/driver/environment.hpp"
#include "bench/driver/throwaway_file.hpp"
#include "bench/load/traffic_result.hpp"
#include "server/io/child.hpp"

namespace elytractl::run {

// Why a member of a cluster is not there any more.
enum class ExitReason : std::uint8_t {
    stopped,        // as told
    killed_by_us,   // it did not end in time
    exited,         // by itself, before its time
    signalled,      // by somebody else
    out_of_memory,  // SIGKILL, and the kernel counted an OOM kill meanwhile
    disk_full,
    port_taken,
    never_ready,  // no port, or no served request, in time
};

// What /proc said of a member at one moment. Counters since the start of the process.
struct MemberSample {
    std::uint64_t at_nanoseconds = 0;  // since the start of the traffic
    std::uint64_t rss_bytes = 0;
    std::uint64_t cpu_user_microseconds = 0;
    std::uint64_t cpu_system_microseconds = 0;
    std::uint64_t read_bytes = 0;  // from the storage, as /proc/PID/io counts
    std::uint64_t written_bytes = 0;
    std::uint64_t switches_voluntary = 0;
    std::uint64_t switches_involuntary = 0;
    std::uint64_t faults_minor = 0;
    std::uint64_t faults_major = 0;
    std::uint64_t file_bytes = 0;  // of the data file, allocated
};

// What the whole machine did at one moment. Shares of the time since the sample before.
struct HostSample {
    std::uint64_t at_nanoseconds = 0;
    std::optional<double>
        pressure_cpu;  // PSI "some": 0 to 1; absent where the kernel does not tell
    std::optional<double> pressure_io;
    std::optional<double> pressure_memory;
    double steal = 0;  // 0 to 1 of all processors
    double idle = 0;
};

// A process that is neither ours nor of the kernel.
struct ForeignProcess {
    std::string name;
    int pid = 0;
    double cpus = 0;  // mean; 1 is all of one processor
};

// What others did beside us in some time: the busiest first, five at most.
struct ForeignLoad {
    std::uint64_t nanoseconds = 0;  // 0: nobody looked
    std::vector<ForeignProcess> processes;
};

struct MemberOutcome {
    std::string name;  // "r0"
    std::string address;
    std::vector<std::string> command;     // as it was started
    std::uint64_t environment_bytes = 0;  // of all variables it got
    std::optional<ExitReason> reason;
    std::string reason_text;  // a sentence with the last words of its log, where it ended badly
    std::optional<elytra::io::ChildExit> exit;
    elytra::bench::FileSizes file_empty;
    elytra::bench::FileSizes file_final;
    std::string log_path;
    std::uint64_t format_nanoseconds = 0;
    std::uint64_t ready_nanoseconds = 0;  // from exec to the first served request
    std::vector<MemberSample> samples;
    // At the end of the load: resident bytes, those shared with others in parts (PSS).
    std::optional<std::uint64_t> proportional_bytes;
};

// A process of an external load driver, which has the session of one client.
struct DriverOutcome {
    std::string name;  // "d0"
    std::int64_t pid = 0;
    std::string command;                   // of a shell
    std::vector<std::string> environment;  // what it got besides ours: "ELYTRA_SESSION=0"
    std::optional<elytra::io::ChildExit> exit;
    std::optional<double> busy;  // processors in use while measured: 0.5 is half of one
    std::string log_path;
    bool left_behind = false;  // not even SIGKILL ended it
};

// Something that happened at a moment of the run and may explain a number.
struct Mark {
    std::uint64_t at_nanoseconds = 0;  // since the start of the traffic
    std::string kind;                  // "checkpoint", "merge"
    std::string member;
};

enum class Completion : std::uint8_t {
    complete,
    member_failed,  // a member could not start or ended before its time
    timed_out,
    load_failed,  // the generator could not do what was asked
    interrupted,
};

// One measurement: a fresh cluster, traffic, and its end.
struct MeasurementOutcome {
    std::uint32_t index = 0;           // in the plan, from 0
    std::string role = "measurement";  // or "probe", "noise": not a result by itself
    std::string subject;               // "a" or "b" of a comparison; otherwise empty
    std::map<std::string, std::string> cell;
    std::optional<double> rate;  // offered events a second, open loop
    std::uint32_t repeat = 0;
    Completion completion = Completion::complete;
    bool steady = false;  // the warm-up ended because it was
    std::vector<MemberOutcome> members;
    std::vector<DriverOutcome> drivers;
    std::vector<HostSample> host;
    std::vector<Mark> marks;
    std::optional<elytra::bench::TrafficResult> traffic;
    std::uint64_t transfers_earlier = 0;  // that earlier steps have put into the same ledger
    elytra::bench::SystemLoad system_before;
    elytra::bench::SystemLoad system_after;
    ForeignLoad foreign_before;  // from the begin to the measurement
    ForeignLoad foreign_during;  // the measurement
    ForeignLoad foreign_after;   // from its end to that of the last member
    std::vector<std::string> errors;
    // Processes and files of ours that are still there and should not be, and why.
    std::vector<std::string> left_behind;
};

}  // namespace elytractl::run
