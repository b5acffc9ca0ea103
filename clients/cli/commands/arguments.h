// Arguments that several commands take.

#ifndef PARZEN_CLIENTS_CLI_COMMANDS_ARGUMENTS_H_
#define PARZEN_CLIENTS_CLI_COMMANDS_ARGUMENTS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// "NAME=REST"; the error names `what`.
absl::StatusOr<std::pair<std::string, std::string>> SplitAssignment(std::string_view text, std::string_view what);

// NAME=NUMBER arguments, as --metric and --constraint take them.
absl::StatusOr<NamedValues> ParseNamedValues(const std::vector<std::string>& arguments, std::string_view what);

// KEY=JSON arguments; what is no JSON is taken as a text.
absl::StatusOr<Attributes> ParseAttributes(const std::vector<std::string>& arguments, std::string_view what);

// A sampler by name, with NAME=VALUE options as a study file has them.
absl::StatusOr<Sampler> ParseSampler(const std::string& name, const std::vector<std::string>& options);

// NAME=VALUE arguments for parameters of a study.
absl::StatusOr<Params> ParseParams(const std::vector<std::string>& arguments, const SearchSpace& space);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_COMMANDS_ARGUMENTS_H_
