#include "storage/postgres/connection.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"

namespace parzen::storage::postgres {
namespace {

constexpr int kOldestServer = 150000;  // as PQserverVersion counts

// What the URL may override. A connection that died without a word is noticed within some ten seconds.
constexpr std::array<std::pair<const char*, const char*>, 7> kDefaults = {{
    {"fallback_application_name", "parzend"},
    {"connect_timeout", "5"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"},
    {"target_session_attrs", "read-write"},
}};

// The lock of a study's row is held for the length of a commit; longer than this, and its holder has stopped.
constexpr char kSession[] =
    "SET search_path = parzen, pg_catalog;"
    "SET client_encoding = 'UTF8';"
    "SET lock_timeout = '10s';"
    "SET idle_in_transaction_session_timeout = '10s';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');";

std::string Trimmed(const char* text) { return std::string(absl::StripAsciiWhitespace(text == nullptr ? "" : text)); }

std::pair<Failure, absl::StatusCode> Classify(std::string_view sqlstate) {
  // https://www.postgresql.org/docs/15/errcodes-appendix.html
  const std::string_view kind = sqlstate.substr(0, 2);
  if (sqlstate == "40001" || sqlstate == "40P01") return {Failure::kConflict, absl::StatusCode::kUnavailable};
  if (kind == "22" || kind == "23") return {Failure::kData, absl::StatusCode::kInvalidArgument};
  if (sqlstate == "53100" || sqlstate == "53200") return {Failure::kDatabase, absl::StatusCode::kResourceExhausted};
  if (kind == "XX") return {Failure::kDatabase, absl::StatusCode::kDataLoss};
  return {Failure::kDatabase, absl::StatusCode::kUnavailable};
}

}  // namespace

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& url) {
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : kDefaults) {
    keys.push_back(key);
    values.push_back(value);
  }
  keys.insert(keys.end(), {"dbname", nullptr});
  values.insert(values.end(), {url.c_str(), nullptr});
  PGconn* raw = PQconnectdbParams(keys.data(), values.data(), /*expand_dbname=*/1);
  if (raw == nullptr) return absl::ResourceExhaustedError("no memory for a connection to PostgreSQL");
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (PQstatus(raw) != CONNECTION_OK) {
    return absl::UnavailableError(absl::StrCat("cannot connect to PostgreSQL: ", Trimmed(PQerrorMessage(raw))));
  }
  // The server's notices are not for stderr.
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  PARZEN_RETURN_IF_ERROR(connection->SetUp());
  return connection;
}

absl::Status Connection::SetUp() {
  if (const int version = PQserverVersion(connection_.get()); version < kOldestServer) {
    return absl::FailedPreconditionError(
        absl::StrCat("this PostgreSQL has version ", version / 10000, "; ", kOldestServer / 10000, " or newer is needed"));
  }
  PARZEN_RETURN_IF_ERROR(Execute(kSession));
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) {
    return absl::UnavailableError(absl::StrCat("PostgreSQL: ", Trimmed(PQerrorMessage(connection_.get()))));
  }
  return absl::OkStatus();
}

absl::Status Connection::Execute(const std::string& sql) {
  // Several statements in one string are for the simple protocol, which pipelines know not.
  const bool pipelined = PQpipelineStatus(connection_.get()) != PQ_PIPELINE_OFF;
  if (pipelined) PQexitPipelineMode(connection_.get());
  PQsetnonblocking(connection_.get(), 0);
  Answer answer;
  const Rows rows(PQexec(connection_.get(), sql.c_str()));
  const ExecStatusType code = PQresultStatus(rows.get());
  if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK) Fail(&answer, rows.get());
  if (pipelined) {
    PQsetnonblocking(connection_.get(), 1);
    PQenterPipelineMode(connection_.get());
  }
  return answer.status;
}

void Connection::Send(const char* sql, const Values& values) {
  if (lost_) return;
  PGconn* connection = connection_.get();
  const int count = static_cast<int>(values.types().size());
  auto found = prepared_.find(sql);
  if (found == prepared_.end()) {
    found = prepared_.emplace(sql, absl::StrCat("p", next_name_++)).first;
    lost_ = PQsendPrepare(connection, found->second.c_str(), sql, count, values.types().data()) != 1;
    queued_.push_back(sql);
  }
  const std::vector<int> formats(values.types().size(), 1);
  lost_ = lost_ || PQsendQueryPrepared(connection, found->second.c_str(), count, values.Pointers().data(),
                                       values.lengths().data(), formats.data(), 1) != 1;
  queued_.push_back(nullptr);
}

bool Connection::Flush() {
  PGconn* connection = connection_.get();
  for (;;) {
    const int left = PQflush(connection);
    if (left <= 0) return left == 0;
    pollfd poll_set{.fd = PQsocket(connection), .events = POLLIN | POLLOUT, .revents = 0};
    // A server that says nothing for so long has stopped; the kernel, which answers for it, does not tell.
    const int ready = poll(&poll_set, 1, answer_millis_);
    if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
    if ((poll_set.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(connection) != 1) return false;
  }
}

void Connection::Fail(Answer* answer, const PGresult* result) {
  if (!answer->ok()) return;
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  answer->sqlstate = state == nullptr ? "" : state;
  if (IsLost() || state == nullptr) {
    lost_ = true;
    answer->failure = Failure::kConnection;
    answer->status = absl::UnavailableError(
        absl::StrCat("the connection to PostgreSQL was lost: ", Trimmed(PQerrorMessage(connection_.get()))));
    return;
  }
  const auto [failure, code] = Classify(answer->sqlstate);
  answer->failure = failure;
  answer->status = absl::Status(code, absl::StrCat("PostgreSQL: ", Trimmed(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)),
                                                   " (", answer->sqlstate, ")"));
}

Rows Connection::Next() {
  PGconn* connection = connection_.get();
  while (!lost_ && PQisBusy(connection) != 0) {
    pollfd poll_set{.fd = PQsocket(connection), .events = POLLIN, .revents = 0};
    const int ready = poll(&poll_set, 1, answer_millis_);
    if (ready < 0 && errno == EINTR) continue;
    lost_ = ready <= 0 || PQconsumeInput(connection) != 1;
  }
  return lost_ ? Rows() : Rows(PQgetResult(connection));
}

void Connection::Collect(Answer* answer) {
  for (const char* prepares : queued_) {
    Rows rows = Next();
    const ExecStatusType code = PQresultStatus(rows.get());
    const bool good = rows.get() != nullptr && (code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK);
    if (!good) {
      // Those behind a failure are PGRES_PIPELINE_ABORTED; they were not prepared either.
      Fail(answer, rows.get());
      if (prepares != nullptr) prepared_.erase(prepares);
      if (rows.get() == nullptr || lost_) return;
    }
    // Each statement's results end with a null.
    while (Next().get() != nullptr) {
    }
    if (good && answer->ok() && prepares == nullptr) answer->rows.push_back(std::move(rows));
  }
  const Rows sync = Next();
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) Fail(answer, nullptr);
}

Answer Connection::Run() {
  Answer answer;
  if (IsLost() || PQpipelineSync(connection_.get()) != 1 || !Flush()) {
    lost_ = true;
    Fail(&answer, nullptr);
  } else {
    Collect(&answer);
  }
  queued_.clear();
  last_failure_ = answer.failure;
  return answer;
}

absl::StatusOr<Rows> Connection::Query(const char* sql, const Values& values) {
  Send(sql, values);
  Answer answer = Run();
  if (!answer.ok()) return answer.status;
  return std::move(answer.rows.front());
}

void Connection::Rollback() {
  if (IsLost() || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  Send("ROLLBACK");
  Run();
}

bool IsDatabaseFailure(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kDataLoss;
}

absl::Status CheckUrl(const std::string& url) {
  char* error = nullptr;
  PQconninfoOption* const options = PQconninfoParse(url.c_str(), &error);
  absl::Status status;
  if (options == nullptr) {
    // libpq's message may quote the URL, and that a password.
    status = absl::InvalidArgumentError(
        "the URL of the database cannot be read; accepted: postgresql://USER@HOST:PORT/DATABASE, with libpq's parameters");
  }
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if ((keyword == "password" || keyword == "sslpassword") && option->val != nullptr) {
      status = absl::InvalidArgumentError(
          absl::StrCat("the URL of the database holds a ", Abseil(keyword),
                       ", which process lists and logs would show; put it into the file that PGPASSFILE names, or ~/.pgpass"));
    }
  }
  PQconninfoFree(options);
  PQfreemem(error);
  return status;
}

}  // namespace parzen::storage::postgres
