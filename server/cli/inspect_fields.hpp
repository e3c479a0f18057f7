#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/cli/inspect_output.hpp"
#include "server/wire/header.hpp"

// Headers, events and results field by field.
namespace elytra::cli {

std::string operation_text(std::uint8_t operation);

Fields header_fields(const wire::Frame& frame);
Fields header_fields(const wire::PrepareHeader& header);
Fields header_fields(const wire::ReplyHeader& header);

// One line for each event of the body of a prepare: "events[3]: .id=7 ...". What cannot be decoded
// is said so.
void print_events(std::uint8_t operation, std::span<const std::byte> body, InspectOutput& output);

// Likewise for the results in a reply.
void print_results(std::uint8_t operation, std::span<const std::byte> body, InspectOutput& output);

}  // namespace elytra::cli
