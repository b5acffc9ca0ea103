// A client of a Parzen server: ask-and-tell optimization from C++.
//
//   absl::StatusOr<parzen::Client> client = parzen::Client::Create({.address = "127.0.0.1:7070"});
//   absl::StatusOr<parzen::Study> study = client->CreateStudy(
//       {.name = "digits", .space = {{"lr", parzen::Float{1e-5, 1e-1, true}}, {"depth", parzen::Int{1, 8}}}}, /*exist_ok=*/true);
//   absl::StatusOr<parzen::Trial> trial = study->Ask();
//   absl::Status told = trial->Tell(Train(*trial->Float("lr"), *trial->Int("depth")));
//
// A call that finds the server away tries again with the same request id until its timeout is over, so nothing is done twice. A
// connection that has gone silent is noticed within 15 s and replaced. An HTTP proxy that gRPC's own variable, https_proxy or
// http_proxy names is used, but never to loopback addresses, nor to hosts that no_proxy or NO_PROXY lists.

#ifndef PARZEN_CLIENT_H_
#define PARZEN_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/error.h"
#include "parzen/study.h"

namespace parzen {
inline namespace client {

// TLS files, PEM. They are read when the client is made, and again when they have changed: certificates may be renewed on disk.
struct Tls {
  std::string ca_file;              // authorities that the server's certificate must come from; empty: those of gRPC
  std::string cert_file, key_file;  // this client's own, where the server asks for one (mutual TLS)
  std::string server_name;          // that the server's certificate has, where it is not the address's host
};

struct ClientOptions {
  // HOST:PORT, or unix:PATH; or several servers of the same studies, "HOST1:PORT1,HOST2:PORT2": where one cannot be reached, the
  // next one is called, and a study's calls go straight to the one that owns it, once another one has said which that is (with a
  // token in plain text only to those that are named here). Empty: PARZEN_ADDRESS, or 127.0.0.1:7070.
  std::string address;
  // Kept with each trial that is asked for; empty: host-pid-random.
  std::string worker;
  // For a whole call, retries included. kForever: until the server is back, or Cancel.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  // Unset: the files that PARZEN_TLS_CA, PARZEN_TLS_CERT and PARZEN_TLS_KEY name; plain text where they name none.
  std::optional<Tls> tls;
  // Shown with every call; empty: PARZEN_TOKEN, if any. Without TLS it travels in the clear.
  std::string token;
  // A file with the token in its first line, in place of `token`; read again when it has changed.
  std::string token_file = {};
  static constexpr std::chrono::milliseconds kForever = std::chrono::milliseconds::max();
  // Called with the error before each pause of a call that will be tried again, on the thread of the call.
  std::function<void(const absl::Status&)> on_retry = nullptr;
};

struct ServerInfo {
  std::string version;      // for example "0.1.0"
  std::string api_version;  // "v1"
  std::string storage_id;
  std::optional<Time> started;
  int64_t live_studies = 0;
};

// Copies share one connection. Any thread may use a Client.
class Client {
 public:
  // Makes the connection without waiting for the server. INVALID_ARGUMENT for a bad option.
  static absl::StatusOr<Client> Create(ClientOptions options = {});

  // ALREADY_EXISTS where the name is in use, unless exist_ok and the definition is the same.
  absl::StatusOr<Study> CreateStudy(const StudyConfig& config, bool exist_ok = false) const;
  absl::StatusOr<Study> GetStudy(std::string_view name) const;
  // All of them, or those whose name begins with `prefix`, in name order.
  absl::StatusOr<std::vector<StudyInfo>> Studies(std::string_view prefix = {}) const;
  // Removes a study and its trials for good.
  absl::Status DeleteStudy(std::string_view name) const;
  absl::StatusOr<ServerInfo> GetServerInfo() const;

  const std::string& address() const;
  const std::string& worker() const;

  // Ends every call under way, and every later one, with CANCELLED.
  void Cancel() const;

 private:
  explicit Client(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  std::shared_ptr<Connection> connection_;
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENT_H_
