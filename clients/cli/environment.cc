#include "clients/cli/environment.h"

#include <cctype>

namespace parzen::cli {

std::vector<std::pair<std::string, std::string>> TrialEnvironment(const FrozenTrial& trial) {
  std::vector<std::pair<std::string, std::string>> variables = {{"PARZEN_STUDY", trial.study},
                                                                {"PARZEN_TRIAL", std::to_string(trial.number())}};
  for (const Param& param : trial.params) {
    std::string name = "PARZEN_PARAM_";
    for (const char c : param.name)
      name += std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80 ? c : '_';
    // A NUL would cut the value short without a word.
    std::string value = ToText(param.value);
    std::erase(value, '\0');
    variables.emplace_back(std::move(name), std::move(value));
  }
  return variables;
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
