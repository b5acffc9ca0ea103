#include "server/main/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace parzen {
namespace {

constexpr std::string_view kPrefix = "PARZEN_";

// What the clients read, the worker runner sets for its commands, and the tests use: a shell may have them beside the server's.
constexpr std::array<std::string_view, 10> kOthers = {"PARZEN_ADDRESS",     "PARZEN_CLI",   "PARZEN_PARAMS_FILE", "PARZEN_PYTHON",
                                                      "PARZEN_RESULT_FILE", "PARZEN_STUDY", "PARZEN_TEST_CLOCK",  "PARZEN_TLS_CA",
                                                      "PARZEN_TOKEN",       "PARZEN_TRIAL"};

// Kubernetes' links to a Service "parzen" in the same namespace: PARZEN_SERVICE_HOST, PARZEN_PORT=tcp://10.0.0.1:7070, ...
bool IsServiceLink(std::string_view name, std::string_view value) {
  const std::string_view rest = name.substr(kPrefix.size());
  if (rest.starts_with("SERVICE_HOST") || rest.starts_with("SERVICE_PORT")) return true;
  if (rest == "PORT") return value.find("://") != std::string_view::npos;
  return rest.starts_with("PORT_") && rest != "PORT_FILE";
}

// Levenshtein's distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string EnvironmentName(std::string_view flag) {
  std::string name(kPrefix);
  for (const char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string Nearest(std::string_view name, const std::vector<std::string>& names) {
  const auto nearer = [name](const std::string& a, const std::string& b) { return Distance(name, a) < Distance(name, b); };
  const auto nearest = std::min_element(names.begin(), names.end(), nearer);
  return nearest == names.end() ? std::string() : *nearest;
}

absl::Status CheckEnvironment(const std::vector<std::string>& flags, const char* const* environment) {
  std::vector<std::string> known;
  known.reserve(flags.size());
  for (const std::string& flag : flags) known.push_back(EnvironmentName(flag));
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::string_view name = entry.substr(0, entry.find('='));
    if (!name.starts_with(kPrefix) || name.size() == entry.size()) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    // PARZEN_PARAM_... are a trial's parameters, for the command that `parzen worker` runs.
    if (name.starts_with("PARZEN_PARAM_") || std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) continue;
    if (IsServiceLink(name, entry.substr(name.size() + 1))) continue;
    return absl::InvalidArgumentError(absl::StrCat("the environment has ", std::string(name),
                                                   ", which parzend does not know; the nearest is ", Nearest(name, known)));
  }
  return absl::OkStatus();
}

}  // namespace parzen
