// The check of attributes' JSON against nlohmann's parser: accepted is what is one JSON value, neither too long nor too deep.
// (That parser takes a NUL byte for the end and skips a byte order mark.)

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "server/engine/attributes.h"
#include "server/security/limits.h"
#include "tests/fuzz/invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace parzen;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const bool accepted = engine::CheckAttributes("user_attrs", {{"key", text}}, /*may_remove=*/false).ok();
  const bool expected = size <= engine::kMaxJsonBytes && security::JsonDepth(text) <= engine::kMaxJsonDepth &&
                        nlohmann::json::accept(text) && text.find('\0') == std::string::npos && !text.starts_with("\xEF\xBB\xBF");
  fuzz::Require(accepted == expected, "accepted is exactly what is JSON: " + text);
  return 0;
}
