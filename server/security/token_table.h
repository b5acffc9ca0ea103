// The bearer tokens that the server accepts, and who each one is.
//
// The file's grammar, a line at a time (UTF-8, LF or CRLF):
//
//   file      = { line }
//   line      = [ entry ] [ comment ]
//   entry     = secret SP principal SP role [ SP prefix ]       SP: spaces or tabs
//   secret    = token | "sha256:" 64 hexadecimal digits          of the token's bytes
//   token     = 16 to 512 of the characters that RFC 6750 allows: A-Z a-z 0-9 - . _ ~ + / =
//   principal = 1 to 128 printable characters without blanks, not beginning with '#'
//   role      = "reader" | "worker" | "admin"
//   prefix    = the beginning of study names, without blanks, at most 256 bytes
//   comment   = '#' at the line's start or after a blank, to its end
//
// The same secret twice is an error; the same principal twice is not (two tokens overlap while one is replaced). Errors name file
// and line, never a secret.

#ifndef PARZEN_SERVER_SECURITY_TOKEN_TABLE_H_
#define PARZEN_SERVER_SECURITY_TOKEN_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/security/principal.h"

namespace parzen::security {

inline constexpr size_t kMinTokenBytes = 16;
inline constexpr size_t kMaxTokenBytes = 512;
inline constexpr size_t kMaxTokens = 4'096;

// Immutable; any thread may look up.
class TokenTable {
 public:
  // INVALID_ARGUMENT: "<file>:<line>: ...".
  static absl::StatusOr<TokenTable> Parse(std::string_view file, std::string_view text);

  // Who the token is; null for an unknown one. Takes the same time whichever entry matches, or none: the token's SHA-256 is
  // compared with every entry's.
  const Principal* Find(std::string_view token) const;

  size_t size() const { return entries_.size(); }
  // Whether some token stands in the file itself, not as a hash: then the file should be readable by its owner only.
  bool has_plain_tokens() const { return has_plain_tokens_; }

 private:
  using Digest = std::array<uint8_t, 32>;
  struct Entry {
    Digest digest;
    Principal principal;
  };
  static Digest Hash(std::string_view token);
  static absl::StatusOr<Digest> ParseSecret(std::string_view secret, bool* plain);
  static absl::StatusOr<Entry> ParseEntry(const std::vector<std::string_view>& words, bool* plain);

  std::vector<Entry> entries_;
  bool has_plain_tokens_ = false;
};

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_TOKEN_TABLE_H_
