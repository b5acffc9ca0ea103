// top

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/terminal.h"
#include "clients/cli/top/screen.h"
#include "clients/cli/top/view.h"

namespace parzen::cli {
namespace {

struct TopArguments {
  double interval = 1;
  bool once = false;
  std::string study;
};

absl::Status Top(Context context, const TopArguments& arguments) {
  const bool live = !arguments.once && isatty(STDOUT_FILENO) != 0 && isatty(STDIN_FILENO) != 0;
  if (live) context.timeout = std::min(context.timeout, 3.0);  // the display waits for no longer
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  TopModel model(client);
  // Before the screen is taken, so that a wrong address is said at once.
  if (const absl::Status status = model.Refresh(); !status.ok()) return status;
  if (!arguments.study.empty() && !model.studies().contains(arguments.study)) {
    return absl::NotFoundError("no study '" + arguments.study + "'; 'parzen study list' shows what there is");
  }
  if (live) {
    const std::chrono::milliseconds interval(static_cast<int64_t>(std::min(arguments.interval, 1e6) * 1000));
    return RunScreen(&model, arguments.study, client.address(), interval, UseColors(context.color, stdout));
  }
  TopState state;
  state.study = arguments.study;
  const int width = TerminalWidth(stdout).value_or(120);
  std::vector<TopLine> lines =
      Render(model.studies(), state, client.address(), " ", std::chrono::system_clock::now(), width, 10'000);
  while (!lines.empty() && lines.back().text.find_first_not_of(' ') == std::string::npos) lines.pop_back();
  for (const TopLine& line : lines) std::printf("%s\n", line.text.c_str());
  return absl::OkStatus();
}

}  // namespace

void AddTopCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<TopArguments>();
  CLI::App* command = app->add_subcommand("top", "Watch studies, workers and running trials live");
  command->add_option("STUDY", arguments->study, "Begin with this study open");
  command->add_option("--interval", arguments->interval, "Seconds between looks at the server (1)")
      ->type_name("SECONDS")
      ->transform(Seconds(0.1, true));
  command->add_flag("--once", arguments->once, "Print once, without keys");
  command->footer("Keys: up and down select, Enter opens a study, Esc goes back, s sorts, r reverses,\nq quits.");
  command->callback([arguments, context] { context->exit_code = context->Finish(Top(*context, *arguments)); });
}

}  // namespace parzen::cli
