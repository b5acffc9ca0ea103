// The token file and its present contents. A changed file is read again at the next Poll; one that is gone or does not parse
// leaves the tokens as they are, so that a slip of an editor locks nobody out and lets nobody in.
//
// Thread safety: any thread may call anything.

#ifndef PARZEN_SERVER_SECURITY_TOKEN_FILE_H_
#define PARZEN_SERVER_SECURITY_TOKEN_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/security/principal.h"
#include "server/security/token_table.h"

namespace parzen::security {

class TokenFile {
 public:
  // INVALID_ARGUMENT where the file does not parse, has no token, or may be written by others; NOT_FOUND where it cannot be read.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(std::string path);

  // Reads the file again if its inode, size or times have moved; meant to be called every second or so. `changed` is set where a
  // new table is in force. An error says why the old one stays; the same error is returned once only.
  absl::Status Poll(bool* changed);

  // Whom an "authorization" header names. UNAUTHENTICATED, reason TOKEN_MISSING, TOKEN_MALFORMED or TOKEN_UNKNOWN; the header's
  // contents never appear in the message. The pointer keeps the table that it came from.
  absl::StatusOr<std::shared_ptr<const Principal>> Authenticate(std::string_view authorization) const;

  const std::string& path() const { return path_; }
  size_t size() const { return Table()->size(); }
  // True where plain tokens stand in a file that others can read: worth a warning at start.
  bool exposed() const;

 private:
  // What tells one state of the file from the next.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0, changed_ns = 0;
    mode_t mode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Contents {
    Stamp stamp;
    std::shared_ptr<const TokenTable> table;
  };

  TokenFile(std::string path, Contents contents) : path_(std::move(path)), contents_(std::move(contents)) {}
  static absl::StatusOr<Contents> Read(const std::string& path);
  static absl::StatusOr<Stamp> StampOf(const std::string& path);
  std::shared_ptr<const TokenTable> Table() const;

  const std::string path_;
  mutable Mutex mutex_;
  Contents contents_ GUARDED_BY(mutex_);
  Stamp refused_ GUARDED_BY(mutex_);             // the last state that did not parse
  std::string last_problem_ GUARDED_BY(mutex_);  // said once
};

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_TOKEN_FILE_H_
