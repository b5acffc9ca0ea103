// The token file's parser on arbitrary text; what it accepts can be looked up, and what it refuses is told without the secret.

#include "server/security/token_table.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto table = parzen::security::TokenTable::Parse("tokens", text);
  if (!table.ok()) {
    parzen::fuzz::Require(table.status().code() == absl::StatusCode::kInvalidArgument, "a refusal is INVALID_ARGUMENT");
    return 0;
  }
  parzen::fuzz::Require(table->size() <= parzen::security::kMaxTokens, "the number of tokens is bounded");
  table->Find(text.substr(0, parzen::security::kMaxTokenBytes));
  return 0;
}
