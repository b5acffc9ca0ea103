// What every command of `parzen` shares: the options that come before the command's own, exit codes, and how errors are shown.

#ifndef PARZEN_CLIENTS_CLI_CONTEXT_H_
#define PARZEN_CLIENTS_CLI_CONTEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "parzen/client.h"

namespace parzen::cli {

// Documented in docs/cli.md; scripts rely on them.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,         // an I/O error, an error inside the server
  kUsage = 2,          // bad arguments, refused values
  kNotFound = 3,       // no such study or trial
  kExists = 4,         // the name is in use
  kRefused = 5,        // not in the present state: paused, another outcome, a lost lease, a limit
  kNoTrial = 6,        // nothing (more) to hand out: finished, exhausted, all handed out
  kUnreachable = 7,    // no server answers
  kNotImplemented = 8  // this server does not have it
};

struct Context {
  std::string address;         // --address; empty: PARZEN_ADDRESS or the default
  double timeout = 30;         // --timeout, seconds
  Tls tls;                     // --tls-ca, --tls-cert, --tls-key, --tls-name; each empty: the environment's
  std::string token_file;      // --token-file; empty: PARZEN_TOKEN
  bool json = false;           // --json
  std::string color = "auto";  // --color auto|always|never
  // What follows the first "--" of the command line, verbatim.
  std::vector<std::string> trailing;
  int exit_code = kOk;  // set by the command that ran

  // What a client needs, from the flags. INVALID_ARGUMENT where the token's file is not readable.
  absl::StatusOr<ClientOptions> Options() const;
  // A client with these options; `worker` names who asks.
  absl::StatusOr<Client> Connect(std::string worker = {}) const;
  absl::StatusOr<Study> OpenStudy(std::string_view name) const;

  // Shows an error as one line that says what to do, and answers the exit code. OK is kOk, silently.
  int Finish(const absl::Status& status) const;
  // Prints a warning or note as one line on stderr.
  void Note(std::string_view text) const;
};

int ExitCodeOf(const absl::Status& status);
// The message as one line without control characters, and what to do about it.
std::string ErrorLine(const absl::Status& status);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_CONTEXT_H_
