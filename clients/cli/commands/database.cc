// backup, check: what is done to a database file itself. They read it beside the server, which need not run; no call goes over
// the network, so that a backup is written by who asks for it and where that person may write.

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "storage/sqlite/backup_file.h"
#include "storage/sqlite/check_file.h"

namespace parzen::cli {
namespace {

absl::Status Backup(const Context& context, const std::string& database, const std::string& file) {
  if (absl::Status status = storage::BackupSqliteFile(database, file); !status.ok()) return status;
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"file", file}}).c_str());
  } else {
    std::printf("%s\n", Printable(file).c_str());
  }
  return absl::OkStatus();
}

absl::Status Check(const Context& context, const std::string& file) {
  PARZEN_ASSIGN_OR_RETURN(const storage::FileReport report, storage::CheckSqliteFile(file));
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"schema_version", report.schema_version},
                                  {"studies", report.studies},
                                  {"trials", report.trials},
                                  {"requests", report.requests},
                                  {"findings", report.findings}})
                            .c_str());
  } else {
    for (const std::string& finding : report.findings) std::printf("%s\n", Printable(finding).c_str());
    std::printf("%lld studies, %lld trials, %lld answered requests: %s\n", static_cast<long long>(report.studies),
                static_cast<long long>(report.trials), static_cast<long long>(report.requests),
                report.findings.empty() ? "nothing wrong" : "DAMAGED");
  }
  if (report.findings.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(file, " is damaged (", report.findings.size(),
                                          " findings); restore a backup, or copy the file and save what can be read: "
                                          "sqlite3 COPY .recover | sqlite3 NEW"));
}

}  // namespace

void AddDatabaseCommands(CLI::App* app, Context* context) {
  struct Arguments {
    std::string database, file;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* backup = app->add_subcommand("backup", "Copy the database into a new file, also while parzend works on it");
  backup->add_option("FILE", arguments->file, "The copy; there must be no such file yet")->required();
  backup->add_option("--db", arguments->database, "The database; else PARZEN_DB")
      ->type_name("FILE")
      ->envname("PARZEN_DB")
      ->required();
  backup->callback(
      [arguments, context] { context->exit_code = context->Finish(Backup(*context, arguments->database, arguments->file)); });

  CLI::App* check = app->add_subcommand("check", "Read a whole database file or backup and say what is wrong with it");
  check->add_option("FILE", arguments->file, "The file; nothing in it is changed")->required();
  check->callback([arguments, context] { context->exit_code = context->Finish(Check(*context, arguments->file)); });
}

}  // namespace parzen::cli
