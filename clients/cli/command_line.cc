#include "clients/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/help_format.h"
#include "clients/cli/terminal.h"

#ifndef PARZEN_VERSION
#define PARZEN_VERSION "unknown"
#endif

namespace parzen::cli {
namespace {

void AddCommonOptions(CLI::App* app, Context* context) {
  app->add_option("-a,--address", context->address,
                  "The server, or several of the same studies with commas between them; else PARZEN_ADDRESS, else 127.0.0.1:7070")
      ->type_name("HOST:PORT");
  app->add_flag("--json", context->json, "Output for programs: JSON, one object a line");
  app->add_option("--timeout", context->timeout, "Seconds for a call, retries included (30)")
      ->type_name("SECONDS")
      ->transform(Seconds(0));
  app->add_option("--tls-ca", context->tls.ca_file, "Authorities of the server's certificate, PEM; else PARZEN_TLS_CA")
      ->type_name("FILE");
  app->add_option("--tls-cert", context->tls.cert_file, "This client's certificate, PEM; else PARZEN_TLS_CERT")
      ->type_name("FILE");
  app->add_option("--tls-key", context->tls.key_file, "Its key, PEM; else PARZEN_TLS_KEY")->type_name("FILE");
  app->add_option("--tls-name", context->tls.server_name, "Name in the server's certificate, where it is not the address's host")
      ->type_name("NAME");
  app->add_option("--token-file", context->token_file, "File with the token to show in its first line; else PARZEN_TOKEN")
      ->type_name("FILE");
  app->add_option("--color", context->color, "auto (default), always or never")
      ->type_name("WHEN")
      ->check(CLI::Validator(CLI::IsMember({"auto", "always", "never"})).description(""));
}

// The same help for every command, with the options that all have.
void Polish(CLI::App* app, const std::shared_ptr<HelpFormat>& format, bool top) {
  app->formatter(format);
  app->set_help_flag("-h,--help", "Show this help");
  app->fallthrough();
  if (!top && app->get_subcommands({}).empty()) {
    const std::string own = app->get_footer();
    app->footer(own + (own.empty() ? "" : "\n") + "Every command takes the options of parzen --help too: --address, --json, ...");
  }
  for (CLI::App* sub : app->get_subcommands({})) Polish(sub, format, false);
}

// A usage error as one line that says where to look.
int UsageError(const CLI::App& app, const CLI::ParseError& error, const Context& context) {
  const CLI::App* deepest = &app;
  std::string command = "parzen";
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    command += " " + deepest->get_name();
  }
  std::string message = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !deepest->get_subcommands({}).empty()) {
    const std::vector<std::string> unknown = app.remaining(true);
    message = unknown.empty() ? "a command is missing" : "there is no command '" + unknown.front() + "'";
  }
  std::replace(message.begin(), message.end(), '\n', ' ');
  return context.Finish(absl::InvalidArgumentError(message + "; see '" + command + " --help'"));
}

}  // namespace

int Run(int argc, char** argv) {
  Context context;
  CLI::App app("parzen: ask-and-tell optimization from the command line", "parzen");
  app.set_version_flag("--version", std::string("parzen " PARZEN_VERSION), "Show the version");
  app.require_subcommand(1);
  AddCommonOptions(&app, &context);
  AddStudyCommands(&app, &context);
  AddTrialCommands(&app, &context);
  AddReadingCommands(&app, &context);
  AddExplainCommand(&app, &context);
  AddExportCommand(&app, &context);
  AddImportCommand(&app, &context);
  AddDatabaseCommands(&app, &context);
  AddCopyCommand(&app, &context);
  AddAcceptLossCommand(&app, &context);
  AddWorkerCommand(&app, &context);
  AddTopCommand(&app, &context);
  AddPlotCommand(&app, &context);
  AddCompletionCommand(&app, &context);
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 bad arguments, 3 not found, 4 name in use,\n"
      "5 refused, 6 no trial to hand out, 7 no server, 8 not implemented there.");
  Polish(&app, std::make_shared<HelpFormat>(), true);

  // Everything behind a command's "--" is kept verbatim for `worker`; the others get it as arguments.
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  if (separator != arguments.end() && std::find(arguments.begin(), separator, "worker") != separator) {
    context.trailing.assign(separator + 1, arguments.end());
    arguments.erase(separator, arguments.end());
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(arguments);
  } catch (const CLI::Success& done) {
    context.exit_code = app.exit(done);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error, context);
  }
  if (context.exit_code != kOk) return context.exit_code;
  // A full disk may have shown itself before, then nothing is left to flush.
  const bool failed_before = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !failed_before) return kOk;
  return context.Finish(absl::InternalError("cannot write to the standard output"));
}

}  // namespace parzen::cli
