#include "server/http/tls_context.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/http/byte_stream.h"
#include "server/log/log.h"

namespace parzen::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// HTTP/1.1, where a client that could also speak HTTP/2 asks.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size,
                   void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, kHttp11, sizeof(kHttp11) - 1, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

std::string ByteStream::CertificateName() {
  if (!tls_) return {};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get_peer_certificate(tls_->native_handle()), &X509_free);
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                                             static_cast<int>(name.size()));
  return size > 0 ? std::string(name.data(), static_cast<size_t>(size)) : std::string();
}

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Open(const security::TlsOptions& options) {
  auto context = std::unique_ptr<TlsContext>(new TlsContext(options));
  context->looked_ = std::chrono::steady_clock::now();
  context->stamp_ = context->StampOfFiles();
  PARZEN_RETURN_IF_ERROR(context->Read());
  return context;
}

std::shared_ptr<ssl::context> TlsContext::Current() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < std::chrono::seconds(options_.refresh_seconds)) return context_;
  looked_ = now;
  Stamp stamp = StampOfFiles();
  if (stamp == stamp_) return context_;
  stamp_ = std::move(stamp);
  const absl::Status read = Read();
  const std::string problem(read.message());
  if (read.ok()) {
    log::Write(log::Level::kInfo, "http certificates read", {{"file", options_.certificate_file}});
  } else {
    log::Write(log::Level::kError, "http certificates left as they are", {{"message", problem}});
  }
  return context_;
}

absl::Status TlsContext::Read() {
  PARZEN_RETURN_IF_ERROR(security::CheckTlsFiles(options_));
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                       ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression);
  error_code error;
  context->use_certificate_chain_file(options_.certificate_file, error);
  if (!error) context->use_private_key_file(options_.key_file, ssl::context::pem, error);
  if (!error && options_.mutual()) {
    context->load_verify_file(options_.client_ca_file, error);
    if (!error) context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  }
  if (error) return absl::InvalidArgumentError(absl::StrCat(options_.certificate_file, ": ", error.message()));
  static constexpr unsigned char kSessions[] = "parzend";
  SSL_CTX_set_session_id_context(context->native_handle(), kSessions, sizeof(kSessions) - 1);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), &ChooseProtocol, nullptr);
  context_ = std::move(context);
  return absl::OkStatus();
}

TlsContext::Stamp TlsContext::StampOfFiles() const {
  Stamp stamp;
  for (const std::string& file : {options_.certificate_file, options_.key_file, options_.client_ca_file}) {
    std::error_code error;
    stamp.push_back(file.empty() ? std::filesystem::file_time_type() : std::filesystem::last_write_time(file, error));
  }
  return stamp;
}

}  // namespace parzen::http
