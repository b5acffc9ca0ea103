#include "clients/cli/environment.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace parzen::cli {

namespace {

std::string VariableOf(std::string_view parameter) {
  std::string name = "PARZEN_PARAM_";
  for (const char c : parameter) {
    const auto byte = static_cast<unsigned char>(c);
    name += byte < 0x80 && std::isalnum(byte) != 0 ? c : '_';
  }
  return name;
}

bool IsExact(std::string_view variable, std::string_view parameter) { return variable.ends_with(parameter); }

}  // namespace

std::vector<std::pair<std::string, std::string>> TrialEnvironment(const FrozenTrial& trial, const SearchSpace& space) {
  std::vector<std::pair<std::string, std::string>> variables = {{"PARZEN_STUDY", trial.study},
                                                                {"PARZEN_TRIAL", std::to_string(trial.number())}};
  std::set<std::string> names, exact;
  for (const Parameter& parameter : space) names.insert(parameter.name);
  for (const Param& param : trial.params) names.insert(param.name);
  std::map<std::string, int> claims;  // of a variable, by parameters that are not called so to the letter
  for (const std::string& name : names) {
    const std::string variable = VariableOf(name);
    if (IsExact(variable, name)) {
      exact.insert(variable);
    } else {
      ++claims[variable];
    }
  }
  for (const Param& param : trial.params) {
    std::string variable = VariableOf(param.name);
    if (!IsExact(variable, param.name) && (exact.contains(variable) || claims[variable] > 1)) continue;
    // A NUL would cut the value short without a word.
    std::string value = ToText(param.value);
    std::erase(value, '\0');
    variables.emplace_back(std::move(variable), std::move(value));
  }
  return variables;
}

absl::Status CheckVariables(const SearchSpace& space, const std::set<std::string>& told_apart) {
  std::map<std::string, std::vector<std::string>> claims;
  std::set<std::string> exact;
  for (const Parameter& parameter : space) {
    const std::string variable = VariableOf(parameter.name);
    if (IsExact(variable, parameter.name)) exact.insert(variable);
    claims[variable].push_back(parameter.name);
  }
  for (const auto& [variable, names] : claims) {
    const bool known =
        std::all_of(names.begin(), names.end(), [&told_apart](const auto& name) { return told_apart.contains(name); });
    if (names.size() == 1 || exact.contains(variable) || known) continue;
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "'" : "', '") + name;
    return absl::InvalidArgumentError("the parameters " + list + "' would all be " + variable +
                                      " in the environment: put each of them into the command as {NAME}, or {params_file}");
  }
  return absl::OkStatus();
}

std::string SingleQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ShellQuote(std::string_view text) {
  if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@%") ==
                           std::string_view::npos) {
    return std::string(text);
  }
  return SingleQuoted(text);
}

}  // namespace parzen::cli
