#include "clients/cli/context.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "clients/cli/terminal.h"
#include "nlohmann/json.hpp"

namespace parzen::cli {
namespace {

std::string_view HintFor(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  if (absl::IsUnavailable(status) && absl::StrContains(status.message(), "through the proxy ")) {
    return "is the proxy the way to it? NO_PROXY=HOST goes around";
  }
  if (absl::IsUnavailable(status) && reason.empty()) {
    return "start one with 'parzend --db studies.db', or give its address with --address or PARZEN_ADDRESS";
  }
  if (reason == "NO_SUCH_STUDY") return "'parzen study list' shows what there is";
  if (reason == "STUDY_EXISTS") return "choose another name; --exist-ok takes a study of the same definition";
  if (reason == "STUDY_PAUSED") return "'parzen study resume' lets it go on";
  if (reason == "ALL_HANDED_OUT") return "wait for running trials to end, and ask again";
  if (absl::IsUnauthenticated(status)) return "PARZEN_TOKEN or --token-file gives a token";
  if (absl::IsUnimplemented(status) && reason.empty()) return "this server's version does not have it";
  return {};
}

}  // namespace

absl::StatusOr<ClientOptions> Context::Options() const {
  ClientOptions options{.address = address};
  // More than 30 years is for ever; the clock could not hold it.
  options.timeout = timeout > 1e9 ? ClientOptions::kForever : std::chrono::milliseconds(std::llround(timeout * 1000));
  if (!tls.ca_file.empty() || !tls.cert_file.empty() || !tls.key_file.empty() || !tls.server_name.empty()) {
    // A file that no flag names is the environment's.
    const auto or_environment = [](const std::string& flag, const char* name) {
      const char* value = std::getenv(name);
      return flag.empty() && value != nullptr ? std::string(value) : flag;
    };
    options.tls = Tls{or_environment(tls.ca_file, "PARZEN_TLS_CA"), or_environment(tls.cert_file, "PARZEN_TLS_CERT"),
                      or_environment(tls.key_file, "PARZEN_TLS_KEY"), tls.server_name};
  }
  options.token_file = token_file;
  return options;
}

absl::StatusOr<Client> Context::Connect(std::string worker) const {
  PARZEN_ASSIGN_OR_RETURN(ClientOptions options, Options());
  options.worker = std::move(worker);
  return Client::Create(std::move(options));
}

absl::StatusOr<Study> Context::OpenStudy(std::string_view name) const {
  PARZEN_ASSIGN_OR_RETURN(const Client client, Connect());
  return client.GetStudy(name);
}

int Context::Finish(const absl::Status& status) const {
  if (status.ok()) return kOk;
  if (json) {
    const nlohmann::ordered_json error = {{"error",
                                           {{"code", absl::StatusCodeToString(status.code())},
                                            {"reason", ErrorReason(status)},
                                            {"message", std::string(status.message())}}}};
    std::fprintf(stderr, "%s\n", error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    const bool colors = UseColors(color, stderr);
    std::fprintf(stderr, "%sparzen:%s %s\n", colors ? "\033[31m" : "", colors ? "\033[0m" : "", ErrorLine(status).c_str());
  }
  return ExitCodeOf(status);
}

void Context::Note(std::string_view text) const { std::fprintf(stderr, "parzen: %s\n", Printable(text).c_str()); }

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kUsage;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kAlreadyExists:
      return kExists;
    case absl::StatusCode::kFailedPrecondition: {
      const std::string reason = ErrorReason(status);
      return reason == "STUDY_FINISHED" || reason == "SPACE_EXHAUSTED" || reason == "ALL_HANDED_OUT" ? kNoTrial : kRefused;
    }
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kRefused;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnreachable;
    case absl::StatusCode::kUnimplemented:
      return kNotImplemented;
    default:
      return kFailed;
  }
}

std::string ErrorLine(const absl::Status& status) {
  std::string line = Printable(std::string_view(status.message().data(), status.message().size()));
  const std::string_view hint = HintFor(status);
  if (!hint.empty()) line.append("; ").append(hint);
  return line;
}

}  // namespace parzen::cli
