// The seal of a file that was closed in good order.
//
// SQLite keeps no checksum of its pages, so a bit that flips inside a number of a row goes unnoticed. A server that shuts down
// therefore hashes the whole database and leaves the hash in the lock file; the next one compares. A random token, written both
// into the database (meta.seal) and into the lock file, tells whether the two belong together: a restored backup has another
// token, and is not compared. A server that is killed leaves no seal.

#ifndef PARZEN_STORAGE_SQLITE_SEAL_H_
#define PARZEN_STORAGE_SQLITE_SEAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

struct Seal {
  std::string token;
  uint64_t hash = 0;  // of the file's bytes
};

// "sealed TOKEN HASH", one line.
std::string SealText(const Seal& seal);
std::optional<Seal> ParseSeal(std::string_view text);

// Any one changed word of 8 bytes changes the hash: each step maps words one to one.
absl::StatusOr<uint64_t> HashFile(const std::string& path);

// Commits a new token, and returns it.
absl::StatusOr<std::string> PutSealToken(Connection& connection);

// True where the seal belongs to the database and its bytes are not those that were sealed. To be asked while nothing is in the
// log.
absl::StatusOr<bool> IsBroken(const Seal& seal, Connection& connection, const std::string& path);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_SEAL_H_
