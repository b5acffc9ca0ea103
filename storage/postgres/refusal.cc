#include "storage/postgres/refusal.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>

#include "absl/strings/ascii.h"

namespace parzen::storage::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{5};  // with a server that says nothing

struct Finisher {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

// The one in "connection to server at ... failed: FATAL:  28P01", the severity in the server's language; empty where there is
// none. Further lines say what else libpq knows.
std::string SqlStateIn(std::string_view message) {
  constexpr std::string_view kBefore = ":  ";
  constexpr size_t kLength = 5;
  for (size_t at = message.find(kBefore); at != std::string_view::npos; at = message.find(kBefore, at + 1)) {
    const std::string_view state = message.substr(at + kBefore.size(), kLength);
    const size_t end = at + kBefore.size() + kLength;
    const bool ends = end == message.size() || (end < message.size() && message[end] == '\n');
    if (ends && std::ranges::all_of(state, [](char c) { return absl::ascii_isdigit(c) || absl::ascii_isupper(c); })) {
      return std::string(state);
    }
  }
  return {};
}

// libpq tells the SQLSTATE of a refused connection in its message only, and there only where that was asked for before, which its
// blocking call leaves no time for.
struct Refusal {
  std::string sqlstate;         // empty: the server has said none
  bool needs_password = false;  // and there is none
};

Refusal AskForRefusal(const std::string& url) {
  const char* const keys[] = {"dbname", nullptr};
  const char* const values[] = {url.c_str(), nullptr};
  const std::unique_ptr<PGconn, Finisher> connection(PQconnectStartParams(keys, values, /*expand_dbname=*/1));
  if (connection == nullptr || PQstatus(connection.get()) == CONNECTION_BAD) return {};
  PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
  const Clock::time_point latest = Clock::now() + kPatience;
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_FAILED;) {
    if (next == PGRES_POLLING_OK) return {};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(latest - Clock::now()).count();
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd socket{.fd = PQsocket(connection.get()), .events = events, .revents = 0};
    if (left <= 0 || poll(&socket, 1, static_cast<int>(left)) <= 0) return {};
    next = PQconnectPoll(connection.get());
  }
  return {.sqlstate = SqlStateIn(PQerrorMessage(connection.get())),
          .needs_password = PQconnectionNeedsPassword(connection.get()) == 1};
}

}  // namespace

absl::Status Explain(const std::string& url, absl::Status failure) {
  if (!absl::IsUnavailable(failure)) return failure;
  const Refusal refusal = AskForRefusal(url);
  // https://www.postgresql.org/docs/15/errcodes-appendix.html: the user or the password, the database, its CONNECT privilege.
  const bool stays =
      refusal.needs_password || refusal.sqlstate.starts_with("28") || refusal.sqlstate == "3D000" || refusal.sqlstate == "42501";
  return stays ? absl::FailedPreconditionError(failure.message()) : failure;
}

}  // namespace parzen::storage::postgres
