// What a client shows to be let in: TLS files and a token, which may be replaced on disk while it runs.

#ifndef PARZEN_CLIENTS_CPP_CREDENTIALS_H_
#define PARZEN_CLIENTS_CPP_CREDENTIALS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "parzen/client.h"

namespace grpc {
class ChannelCredentials;
}

namespace parzen {
inline namespace client {

// Tells when one of a few files has changed: another file has its name, or its size or time of change is another.
class FileStamps {
 public:
  explicit FileStamps(std::vector<std::string> paths) : paths_(std::move(paths)), seen_(Look()) {}

  // Since the last answer. Empty paths are passed over.
  bool Changed();

 private:
  std::string Look() const;

  const std::vector<std::string> paths_;
  std::string seen_;
};

// Thread safe.
class Credentials {
 public:
  // Reads everything once. INVALID_ARGUMENT for a file that cannot be read, a certificate without its key, or a token that cannot
  // travel. An unset `options.tls` becomes what the environment names; so does an empty token.
  static absl::StatusOr<std::unique_ptr<Credentials>> Create(ClientOptions* options);
  ~Credentials();

  // For a new channel: from the files as they are now, or as they last could be read.
  std::shared_ptr<grpc::ChannelCredentials> ForChannel();
  // Whether TLS files have changed since ForChannel.
  bool TlsChanged();
  // What goes into the header: the token file's first line as it is now, or the token that was given; may be empty.
  std::string Token();

 private:
  Credentials(std::optional<Tls> tls, std::string token, std::string token_file);
  absl::Status ReadTls() REQUIRES(mutex_);
  absl::Status ReadToken() REQUIRES(mutex_);

  const std::optional<Tls> tls_;
  const std::string token_file_;
  Mutex mutex_;
  FileStamps tls_stamps_ GUARDED_BY(mutex_), token_stamp_ GUARDED_BY(mutex_);
  std::shared_ptr<grpc::ChannelCredentials> channel_ GUARDED_BY(mutex_);
  std::string token_ GUARDED_BY(mutex_);
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_CREDENTIALS_H_
