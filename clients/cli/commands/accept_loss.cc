// accept-loss: serves a study again of which PostgreSQL has lost acknowledged results.

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "storage/open.h"

namespace parzen::cli {
namespace {

struct AcceptOptions {
  std::string study, db;
};

absl::Status AcceptLoss(const Context& context, const AcceptOptions& options) {
  PARZEN_ASSIGN_OR_RETURN(const storage::Setback setback, storage::AcceptLoss(options.db, options.study));
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"study", setback.name},
                                  {"uid", absl::StrFormat("%016x", setback.uid)},
                                  {"revision", setback.found},
                                  {"acknowledged_revision", setback.known}})
                            .c_str());
  } else {
    std::printf("study %s is served again: it has what it had at revision %lld, and goes on behind revision %lld\n",
                Printable(setback.name).c_str(), static_cast<long long>(setback.found), static_cast<long long>(setback.known));
  }
  return absl::OkStatus();
}

}  // namespace

void AddAcceptLossCommand(CLI::App* app, Context* context) {
  auto options = std::make_shared<AcceptOptions>();
  CLI::App* accept =
      app->add_subcommand("accept-loss", "Serve a study again of which the database has lost acknowledged results");
  accept->add_option("study", options->study, "The study's name")->type_name("STUDY")->required();
  accept->add_option("--db", options->db, "The servers' database: postgresql://USER@HOST:PORT/DATABASE")
      ->type_name("URL")
      ->required();
  accept->footer(
      "Servers may run meanwhile. Stop the study's workers first: the numbers of lost\n"
      "trials are given again, and a worker may still be at one of them.");
  accept->callback([options, context] { context->exit_code = context->Finish(AcceptLoss(*context, *options)); });
}

}  // namespace parzen::cli
