#include "server/main/health.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace parzen {
namespace {

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const security::TlsOptions& options) {
  namespace tls = grpc::experimental;
  if (!options.enabled()) return grpc::InsecureChannelCredentials();
  tls::TlsChannelCredentialsOptions credentials;
  credentials.set_verify_server_certs(false);
  credentials.set_check_call_host(false);
  credentials.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  if (options.mutual()) {
    credentials.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
        options.key_file, options.certificate_file, options.refresh_seconds));
    credentials.watch_identity_key_cert_pairs();
  }
  return tls::TlsCredentials(credentials);
}

}  // namespace

absl::StatusOr<std::string> HealthTarget(const Options& options) {
  if (options.listen.starts_with("unix:")) return options.listen;
  const size_t colon = options.listen.rfind(':');
  std::string host = options.listen.substr(0, colon);
  std::string port = options.listen.substr(colon + 1);
  if (host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  if (port == "0" && (options.port_file.empty() || !(std::ifstream(options.port_file) >> port))) {
    return absl::InvalidArgumentError(absl::StrCat("--listen ", options.listen, " names no port, and no --port-file says it"));
  }
  return absl::StrCat(host, ":", port);
}

absl::Status CheckHealth(const Options& options, std::chrono::milliseconds timeout) {
  PARZEN_ASSIGN_OR_RETURN(const std::string target, HealthTarget(options));
  // The server asked is this machine's own: never through a proxy, whatever http_proxy says.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = grpc::health::v1::Health::NewStub(grpc::CreateCustomChannel(target, CredentialsFor(options.tls), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
  if (!status.ok()) {
    return absl::UnavailableError(absl::StrCat("no answer from ", target, ": ", status.error_message()));
  }
  if (options.alive || response.status() == grpc::health::v1::HealthCheckResponse::SERVING) return absl::OkStatus();
  const std::string name = grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
  return absl::UnavailableError(absl::StrCat(target, " answers ", name));
}

}  // namespace parzen
