// The certificates of an HTTPS port, from the files that the gRPC port has (server/security/tls.h), read again when they change.

#ifndef PARZEN_SERVER_HTTP_TLS_CONTEXT_H_
#define PARZEN_SERVER_HTTP_TLS_CONTEXT_H_

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/security/tls.h"

namespace parzen::http {

// Used by one thread.
class TlsContext {
 public:
  // INVALID_ARGUMENT as security::CheckTlsFiles.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Open(const security::TlsOptions& options);

  // For a new connection. Looks at the files again after the refresh interval; those that are no good leave the old ones in
  // force, and say so in the log.
  std::shared_ptr<boost::asio::ssl::context> Current();

 private:
  using Stamp = std::vector<std::filesystem::file_time_type>;

  explicit TlsContext(const security::TlsOptions& options) : options_(options) {}
  absl::Status Read();
  Stamp StampOfFiles() const;

  const security::TlsOptions options_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  Stamp stamp_;  // of the files when they were last looked at
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_TLS_CONTEXT_H_
