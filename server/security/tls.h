// TLS for the server's port: a certificate and its key from files, and for mutual TLS the authorities that clients' certificates
// must come from. TLS 1.2 at least. Files that change are taken up within the refresh interval, for new connections.

#ifndef PARZEN_SERVER_SECURITY_TLS_H_
#define PARZEN_SERVER_SECURITY_TLS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::security {

struct TlsOptions {
  std::string certificate_file;  // PEM: the server's certificate, then intermediate ones
  std::string key_file;          // PEM, without a passphrase
  std::string client_ca_file;    // PEM, one or more authorities: mutual TLS. Empty: clients need no certificate
  unsigned refresh_seconds = 10;

  bool enabled() const { return !certificate_file.empty() || !key_file.empty() || !client_ca_file.empty(); }
  bool mutual() const { return !client_ca_file.empty(); }
};

// Whether a server could begin with these files: they can be read and hold PEM, the key belongs to the certificate, and that has
// not expired. INVALID_ARGUMENT names the file and what is wrong.
absl::Status CheckTlsFiles(const TlsOptions& options);

// Checks the files and makes the credentials. A later change that does not pass gRPC's own reading leaves the old ones in force.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeTlsCredentials(const TlsOptions& options);

// For connections to servers like this one: its certificate is shown where those ask for one, and theirs must come from an
// authority in `ca_file`; where that is empty, from one of those that clients' certificates come from, or else from one that the
// operating system trusts. Without TLS: plain connections.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakePeerCredentials(const TlsOptions& options,
                                                                              const std::string& ca_file);

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_TLS_H_
