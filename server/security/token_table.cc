#include "server/security/token_table.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "server/security/access.h"

namespace parzen::security {
namespace {

constexpr std::string_view kHashMark = "sha256:";
constexpr size_t kMaxPrincipalBytes = 128;
constexpr size_t kMaxPrefixBytes = 256;

bool IsTokenCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::optional<uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// The words of a line, its comment left out.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < line.size();) {
    if (IsBlank(line[i])) {
      ++i;
      continue;
    }
    if (line[i] == '#') break;
    const size_t begin = i;
    while (i < line.size() && !IsBlank(line[i])) ++i;
    words.push_back(line.substr(begin, i - begin));
  }
  return words;
}

absl::Status Bad(absl::string_view message) { return absl::InvalidArgumentError(message); }

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

TokenTable::Digest TokenTable::Hash(std::string_view token) {
  Digest digest;
  EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

absl::StatusOr<TokenTable::Digest> TokenTable::ParseSecret(std::string_view secret, bool* plain) {
  if (secret.starts_with(kHashMark)) {
    const std::string_view hex = secret.substr(kHashMark.size());
    Digest digest;
    if (hex.size() != 2 * digest.size()) return Bad("a hash is 'sha256:' and 64 hexadecimal digits");
    for (size_t i = 0; i < digest.size(); ++i) {
      const auto high = HexDigit(hex[2 * i]), low = HexDigit(hex[2 * i + 1]);
      if (!high || !low) return Bad("a hash is 'sha256:' and 64 hexadecimal digits");
      digest[i] = static_cast<uint8_t>(*high << 4 | *low);
    }
    return digest;
  }
  if (secret.size() < kMinTokenBytes || secret.size() > kMaxTokenBytes) {
    return Bad(absl::StrCat("the token has ", secret.size(), " characters; accepted: ", kMinTokenBytes, " to ", kMaxTokenBytes));
  }
  if (!std::all_of(secret.begin(), secret.end(), IsTokenCharacter)) {
    return Bad("the token has a character besides A-Z a-z 0-9 - . _ ~ + / =");
  }
  *plain = true;
  return Hash(secret);
}

absl::StatusOr<TokenTable::Entry> TokenTable::ParseEntry(const std::vector<std::string_view>& words, bool* plain) {
  if (words.size() < 3 || words.size() > 4) {
    return Bad(absl::StrCat(words.size(), " words; accepted: TOKEN-OR-HASH PRINCIPAL ROLE [STUDY-PREFIX]"));
  }
  Entry entry;
  PARZEN_ASSIGN_OR_RETURN(auto digest, ParseSecret(words[0], plain));
  entry.digest = digest;
  if (words[1].size() > kMaxPrincipalBytes || HasControlCharacter(words[1])) {
    return Bad(absl::StrCat("the principal has more than ", kMaxPrincipalBytes, " bytes or a control character"));
  }
  entry.principal.name = std::string(words[1]);
  const std::optional<Role> role = ParseRole(words[2]);
  // The word is not repeated: with the columns in another order it may be the secret.
  if (!role) return Bad("the third word is no role; accepted: reader, worker, admin");
  entry.principal.role = *role;
  if (words.size() == 4) {
    if (words[3].size() > kMaxPrefixBytes || HasControlCharacter(words[3])) {
      return Bad(absl::StrCat("the study prefix has more than ", kMaxPrefixBytes, " bytes or a control character"));
    }
    entry.principal.study_prefix = std::string(words[3]);
  }
  return entry;
}

absl::StatusOr<TokenTable> TokenTable::Parse(std::string_view file, std::string_view text) {
  TokenTable table;
  std::set<Digest> seen;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto words = Words(line);
    if (words.empty()) continue;
    auto entry = ParseEntry(words, &table.has_plain_tokens_);
    absl::Status status = entry.status();
    if (status.ok() && !seen.insert(entry->digest).second) status = Bad("the same token stands on an earlier line");
    if (status.ok() && table.entries_.size() == kMaxTokens) status = Bad(absl::StrCat("more than ", kMaxTokens, " tokens"));
    if (!status.ok()) return Bad(absl::StrCat(Abseil(file), ":", number, ": ", status.message()));
    table.entries_.push_back(*std::move(entry));
  }
  return table;
}

const Principal* TokenTable::Find(std::string_view token) const {
  const Digest digest = Hash(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) found = &entry;
  }
  return found == nullptr ? nullptr : &found->principal;
}

}  // namespace parzen::security
