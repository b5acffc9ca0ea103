#include "server/http/encoding.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace parzen::http {

bool AcceptsGzip(std::string_view encodings) {
  for (const absl::string_view entry : absl::StrSplit(absl::string_view(encodings.data(), encodings.size()), ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(entry, ';');
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]), "gzip")) continue;
    if (parts.size() == 1) return true;
    absl::string_view weight = absl::StripAsciiWhitespace(parts[1]);
    double q = 0;
    return absl::ConsumePrefix(&weight, "q=") && absl::SimpleAtod(weight, &q) && q > 0;
  }
  return false;
}

}  // namespace parzen::http
