#include "server/security/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parzen::security {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

absl::Status Bad(const std::string& file, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", problem));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  // Reading a directory would throw.
  if (std::filesystem::is_directory(path, error)) return Bad(path, "cannot be read: it is a directory");
  std::ifstream in(path, std::ios::binary);
  if (!in) return Bad(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) return Bad(path, "cannot be read");
  return text;
}

BioPtr OpenText(const std::string& text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<CertificatePtr> ReadCertificate(const std::string& path) {
  PARZEN_ASSIGN_OR_RETURN(auto text, ReadFile(path));
  const BioPtr bio = OpenText(text);
  CertificatePtr certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (!certificate) return Bad(path, "has no PEM certificate");
  return certificate;
}

}  // namespace

absl::Status CheckTlsFiles(const TlsOptions& options) {
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate file and a key file");
  }
  PARZEN_ASSIGN_OR_RETURN(auto certificate, ReadCertificate(options.certificate_file));
  PARZEN_ASSIGN_OR_RETURN(auto text, ReadFile(options.key_file));
  const BioPtr bio = OpenText(text);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (!key) return Bad(options.key_file, "has no PEM private key, or one with a passphrase");
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) return Bad(options.key_file, absl::StrCat("is not the key of the certificate in ", options.certificate_file));
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return Bad(options.certificate_file, "the certificate has expired");
  }
  if (options.client_ca_file.empty()) return absl::OkStatus();
  return ReadCertificate(options.client_ca_file).status();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeTlsCredentials(const TlsOptions& options) {
  if (absl::Status status = CheckTlsFiles(options); !status.ok()) return status;
  namespace tls = grpc::experimental;
  auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(options.key_file, options.certificate_file,
                                                                        options.client_ca_file, options.refresh_seconds);
  // gRPC's default for both bounds of the version is 1.2 to 1.3.
  tls::TlsServerCredentialsOptions credentials(std::move(provider));
  credentials.watch_identity_key_cert_pairs();
  if (options.mutual()) {
    credentials.watch_root_certs();
    credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  } else {
    credentials.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  }
  // A client is known by its certificate's authority, not by a host name.
  credentials.set_check_call_host(false);
  return tls::TlsServerCredentials(credentials);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakePeerCredentials(const TlsOptions& options,
                                                                              const std::string& ca_file) {
  if (!options.enabled()) return grpc::InsecureChannelCredentials();
  namespace tls = grpc::experimental;
  const std::string roots = ca_file.empty() ? options.client_ca_file : ca_file;
  if (!roots.empty()) PARZEN_RETURN_IF_ERROR(ReadCertificate(roots).status());
  tls::TlsChannelCredentialsOptions credentials;
  credentials.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
      options.key_file, options.certificate_file, roots, options.refresh_seconds));
  if (!roots.empty()) credentials.watch_root_certs();
  if (options.mutual()) credentials.watch_identity_key_cert_pairs();
  return tls::TlsCredentials(credentials);
}

}  // namespace parzen::security
