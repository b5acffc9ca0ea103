// copy: moves everything between a file and PostgreSQL, without a server.

#include "storage/copy/copy.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

void ShowProgress(int64_t done, int64_t all) {
  std::fprintf(stderr, "\r%lld of %lld studies", static_cast<long long>(done), static_cast<long long>(all));
  if (done == all) std::fputc('\n', stderr);
}

void Show(const Context& context, const storage::CopyReport& report) {
  int64_t trials = 0, requests = report.server_requests, were_there = 0;
  for (const storage::CopiedStudy& study : report.studies) {
    trials += study.trials;
    requests += study.requests;
    were_there += study.was_there ? 1 : 0;
    const std::string digest = absl::StrFormat("%016x", study.digest);
    if (context.json) {
      std::printf("%s\n", Dump(Json{{"study", study.name},
                                    {"uid", absl::StrFormat("%016x", study.uid)},
                                    {"trials", study.trials},
                                    {"requests", study.requests},
                                    {"rows", study.rows},
                                    {"digest", digest},
                                    {"was_there", study.was_there}})
                              .c_str());
    }
  }
  if (context.json) return;
  std::printf("%lld studies, %lld trials, %lld answered requests: copied and compared",
              static_cast<long long>(report.studies.size()), static_cast<long long>(trials), static_cast<long long>(requests));
  if (were_there > 0) std::printf("; %lld of the studies were there already", static_cast<long long>(were_there));
  std::printf("\n");
}

absl::Status Copy(const Context& context, storage::CopyOptions options) {
  if (!context.json && isatty(STDERR_FILENO) != 0) options.progress = ShowProgress;
  PARZEN_ASSIGN_OR_RETURN(const storage::CopyReport report, storage::CopyStorage(options));
  Show(context, report);
  return absl::OkStatus();
}

}  // namespace

void AddCopyCommand(CLI::App* app, Context* context) {
  auto options = std::make_shared<storage::CopyOptions>();
  CLI::App* copy = app->add_subcommand("copy", "Copy all studies into another database, between a file and PostgreSQL too");
  copy->add_option("--from", options->from, "The source: a file, or postgresql://USER@HOST:PORT/DATABASE")
      ->type_name("FILE|URL")
      ->required();
  copy->add_option("--to", options->to, "The target, which no server may use meanwhile; a file is made where there is none")
      ->type_name("FILE|URL")
      ->required();
  copy->footer(
      "Each study is compared after it was copied. Run again after an interruption, it goes on\n"
      "with the studies that are missing; nothing in the target is replaced.");
  copy->callback([options, context] { context->exit_code = context->Finish(Copy(*context, *options)); });
}

}  // namespace parzen::cli
