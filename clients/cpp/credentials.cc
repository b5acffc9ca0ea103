#include "clients/cpp/credentials.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace parzen {
inline namespace client {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, const char* what) {
  if (path.empty()) return std::string();
  std::error_code error;
  // Reading a directory would throw; a pipe (a shell's <(...)) is read like a file.
  const std::filesystem::file_status found = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(found) || std::filesystem::is_directory(found)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: cannot open %s: %s", what, path, error ? error.message() : std::string("it is no file")));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return absl::InvalidArgumentError(absl::StrFormat("%s: cannot read %s", what, path));
  return text;
}

// Not in the message: what was given may be a secret.
absl::Status CheckToken(const std::string& token) {
  const bool accepted = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return accepted ? absl::OkStatus() : absl::InvalidArgumentError("token: accepted are ASCII characters without blanks");
}

}  // namespace

std::string FileStamps::Look() const {
  std::string stamps;
  for (const std::string& path : paths_) {
    struct stat about{};
    if (path.empty() || stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) {
      stamps += "-;";
      continue;
    }
    stamps += absl::StrFormat("%d/%d/%d/%d.%d;", about.st_dev, about.st_ino, about.st_size, about.st_mtim.tv_sec,
                              about.st_mtim.tv_nsec);
  }
  return stamps;
}

bool FileStamps::Changed() {
  std::string now = Look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

Credentials::Credentials(std::optional<Tls> tls, std::string token, std::string token_file)
    : tls_(std::move(tls)),
      token_file_(std::move(token_file)),
      tls_stamps_(tls_ ? std::vector{tls_->ca_file, tls_->cert_file, tls_->key_file} : std::vector<std::string>()),
      token_stamp_({token_file_}),
      token_(std::move(token)) {}
Credentials::~Credentials() = default;

absl::StatusOr<std::unique_ptr<Credentials>> Credentials::Create(ClientOptions* options) {
  if (!options->tls.has_value()) {
    Tls found{FromEnvironment("PARZEN_TLS_CA"), FromEnvironment("PARZEN_TLS_CERT"), FromEnvironment("PARZEN_TLS_KEY"), {}};
    if (!found.ca_file.empty() || !found.cert_file.empty() || !found.key_file.empty()) options->tls = std::move(found);
  }
  if (options->tls.has_value() && options->tls->cert_file.empty() != options->tls->key_file.empty()) {
    return absl::InvalidArgumentError("tls needs both cert_file and key_file, or neither");
  }
  if (options->token.empty() && options->token_file.empty()) options->token = FromEnvironment("PARZEN_TOKEN");
  PARZEN_RETURN_IF_ERROR(CheckToken(options->token));
  std::unique_ptr<Credentials> credentials(new Credentials(options->tls, options->token, options->token_file));
  const MutexLock lock(&credentials->mutex_);
  PARZEN_RETURN_IF_ERROR(credentials->ReadTls());
  PARZEN_RETURN_IF_ERROR(credentials->ReadToken());
  return credentials;
}

absl::Status Credentials::ReadTls() {
  if (!tls_.has_value()) {
    channel_ = grpc::InsecureChannelCredentials();
    return absl::OkStatus();
  }
  grpc::SslCredentialsOptions options;
  PARZEN_ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(tls_->ca_file, "tls"));
  PARZEN_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadFile(tls_->cert_file, "tls"));
  PARZEN_ASSIGN_OR_RETURN(options.pem_private_key, ReadFile(tls_->key_file, "tls"));
  channel_ = grpc::SslCredentials(options);
  return absl::OkStatus();
}

absl::Status Credentials::ReadToken() {
  if (token_file_.empty()) return absl::OkStatus();
  PARZEN_ASSIGN_OR_RETURN(const std::string text, ReadFile(token_file_, "token"));
  // The first line; an editor adds its end.
  std::string token = text.substr(0, text.find_first_of("\r\n"));
  if (token.empty()) return absl::InvalidArgumentError("token: " + token_file_ + " has none in its first line");
  PARZEN_RETURN_IF_ERROR(CheckToken(token));
  token_ = std::move(token);
  return absl::OkStatus();
}

std::shared_ptr<grpc::ChannelCredentials> Credentials::ForChannel() {
  const MutexLock lock(&mutex_);
  // Files that are being replaced may not be readable: then what was read before serves until they change again.
  if (tls_stamps_.Changed()) ReadTls().IgnoreError();
  return channel_;
}

bool Credentials::TlsChanged() {
  const MutexLock lock(&mutex_);
  FileStamps look = tls_stamps_;
  return look.Changed();
}

std::string Credentials::Token() {
  const MutexLock lock(&mutex_);
  if (token_stamp_.Changed()) ReadToken().IgnoreError();
  return token_;
}

}  // namespace client
}  // namespace parzen
