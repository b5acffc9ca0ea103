#include "server/security/limits.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "base/string_view.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

struct Entry {
  std::string_view name;
  int64_t Limits::* member;
  int64_t least;
  int64_t most;  // what the code can bear
  std::string_view meaning;
};

constexpr int64_t kMany = 1'000'000'000;
constexpr std::array<Entry, 9> kEntries = {{
    {"studies", &Limits::studies, 0, kMany, "studies on the server"},
    {"parameters", &Limits::parameters, 1, 1'000, "parameters of a search space"},
    {"choices", &Limits::choices, 1, 10'000, "choices of a categorical parameter"},
    {"attributes", &Limits::attributes, 0, 1'000, "attributes in one list of a request"},
    {"attribute_bytes", &Limits::attribute_bytes, 1, 256 * 1024, "bytes of one attribute's JSON text"},
    {"json_depth", &Limits::json_depth, 0, 64, "nesting of one attribute's JSON text"},
    {"page_size", &Limits::page_size, 1, 10'000, "items of one page of a list"},
    {"watches_per_peer", &Limits::watches_per_peer, 0, kMany,
     "open WatchStudy streams of one principal or, without tokens, one host"},
    {"requests_per_peer", &Limits::requests_per_peer, 1, kMany,
     "requests in flight of one principal or, without tokens, one host"},
}};

}  // namespace

absl::Status SetLimit(std::string_view assignment, Limits* limits) {
  const size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  const auto* entry = std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.name == name; });
  if (equals == std::string_view::npos || entry == kEntries.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Abseil(assignment), "' is not NAME=VALUE with one of these names:\n", DescribeLimits()));
  }
  const std::string_view text = assignment.substr(equals + 1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < entry->least || value > entry->most) {
    return absl::InvalidArgumentError(absl::StrCat("limit ", Abseil(name), " is '", Abseil(text),
                                                   "'; accepted: a whole number from ", entry->least, " to ", entry->most));
  }
  limits->*entry->member = value;
  return absl::OkStatus();
}

std::string DescribeLimits() {
  const Limits defaults;
  std::string text;
  for (const Entry& entry : kEntries) {
    absl::StrAppend(&text, Abseil(entry.name), "=", defaults.*entry.member, "  ", Abseil(entry.meaning), ", ", entry.least,
                    " to ", entry.most, "\n");
  }
  return text;
}

int64_t JsonDepth(std::string_view text) {
  int64_t depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace parzen::security
