// export

#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/csv_trials.h"
#include "clients/cli/files.h"
#include "clients/cli/formats.h"
#include "clients/cli/json_lines.h"

namespace parzen::cli {
namespace {

struct ExportArguments {
  std::string study, file = "-", format;
};

absl::Status ExportLines(const Study& study, const std::string& file) {
  std::string warm_start;
  if (!study.info().warm_start.empty()) {
    PARZEN_ASSIGN_OR_RETURN(warm_start, study.WarmStartSnapshot());
  }
  PARZEN_ASSIGN_OR_RETURN(FileWriter writer, FileWriter::Open(file));
  absl::Status status = writer.Append(StudyToJsonLine(study.info(), warm_start));
  PARZEN_RETURN_IF_ERROR(study.ForEachPage({}, [&](const TrialPage& page) {
    for (const FrozenTrial& trial : page.trials) {
      if (status.ok()) status = writer.Append(TrialToJsonLine(study.info(), trial));
    }
    return status.ok();
  }));
  return status.ok() ? writer.Finish() : status;
}

absl::Status Export(const Context& context, const ExportArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const std::string format, FormatOf(arguments.format, arguments.file, context.json ? "jsonl" : "csv"));
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  if (format == "jsonl") return ExportLines(study, arguments.file);
  PARZEN_ASSIGN_OR_RETURN(const std::vector<FrozenTrial> trials, study.Trials());
  return WriteFile(arguments.file, TrialsToCsv(study.info(), trials));
}

}  // namespace

void AddExportCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = app->add_subcommand("export", "Write a study as JSON Lines, or its trials as CSV");
  command->add_option("STUDY", arguments->study, "The study's name")->required();
  command->add_option("-o,--output", arguments->file, "Where to; the standard output where unset")->type_name("FILE");
  command->add_option("--format", arguments->format, "csv or jsonl; by the file's ending, else csv")->type_name("NAME");
  command->callback([arguments, context] { context->exit_code = context->Finish(Export(*context, *arguments)); });
}

}  // namespace parzen::cli
