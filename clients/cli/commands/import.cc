// import: finished trials into a study that is there, or whole studies that `parzen export` or Optuna wrote.

#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/commands/import_trials.h"
#include "clients/cli/csv_trials.h"
#include "clients/cli/files.h"
#include "clients/cli/formats.h"
#include "clients/cli/json_lines.h"
#include "clients/cli/optuna_import.h"

namespace parzen::cli {
namespace {

struct ImportArguments {
  std::string study, file, format, optuna;
  std::vector<std::string> value_columns;
  bool again = false;
};

absl::Status ImportStudies(const Context& context, const std::string& name, const std::vector<StudyLines>& studies,
                           const Interrupt& interrupt) {
  if (!name.empty() && studies.size() > 1) {
    return absl::InvalidArgumentError("the file has " + std::to_string(studies.size()) +
                                      " studies: they keep their names, so no STUDY is accepted");
  }
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  for (const StudyLines& lines : studies) {
    if (!lines.study.has_value()) return absl::InvalidArgumentError("the file's first trials belong to no study");
    PARZEN_RETURN_IF_ERROR(MakeStudy(context, client, name.empty() ? lines.study->config.name : name, lines, interrupt));
  }
  return absl::OkStatus();
}

absl::Status ImportOptuna(const Context& context, const ImportArguments& arguments, const Interrupt& interrupt) {
  PARZEN_ASSIGN_OR_RETURN(const std::string text, ReadOptunaStorage(arguments.optuna, arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyLines> studies, ParseJsonLines(text));
  return ImportStudies(context, "", studies, interrupt);
}

// The trials of a CSV file, or of a JSON Lines file with one study at most, for a study that is there.
absl::StatusOr<FileTrials> TrialsFor(const StudyInfo& study, const std::string& format, const std::string& text,
                                     const ImportArguments& arguments) {
  if (format == "csv") return TrialsFromCsv(study, text, arguments.value_columns);
  PARZEN_ASSIGN_OR_RETURN(std::vector<StudyLines> studies, ParseJsonLines(text, &study.config.space));
  if (studies.empty()) return FileTrials();
  if (studies.size() > 1) {
    return absl::InvalidArgumentError("it has " + std::to_string(studies.size()) +
                                      " studies: they keep their names, so no STUDY is accepted");
  }
  return FinishedTrials(std::move(studies.front()), study.config);
}

absl::Status ImportFile(const Context& context, const ImportArguments& arguments, const Interrupt& interrupt) {
  PARZEN_ASSIGN_OR_RETURN(const std::string format, FormatOf(arguments.format, arguments.file, ""));
  if (format.empty()) return absl::InvalidArgumentError("--format csv or --format jsonl is needed for this file");
  PARZEN_ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.file));
  const auto in_file = [&arguments](const absl::Status& status) {
    if (!absl::IsInvalidArgument(status)) return status;
    return absl::InvalidArgumentError(arguments.file + ": " + std::string(status.message()));
  };
  absl::StatusOr<Study> study =
      absl::NotFoundError("the file has no study line: parzen import STUDY FILE adds its trials to a study");
  if (!arguments.study.empty()) study = context.OpenStudy(arguments.study);
  if (study.ok()) {
    const absl::StatusOr<FileTrials> trials = TrialsFor(study->info(), format, text, arguments);
    return in_file(trials.ok() ? AddFinished(context, *study, *trials, arguments.again, interrupt) : trials.status());
  }
  if (!absl::IsNotFound(study.status()) || format == "csv" || !StartsWithStudy(text)) return study.status();
  const absl::StatusOr<std::vector<StudyLines>> studies = ParseJsonLines(text);
  return in_file(studies.ok() ? ImportStudies(context, arguments.study, *studies, interrupt) : studies.status());
}

absl::Status Import(const Context& context, ImportArguments arguments, const Interrupt& interrupt) {
  if (!arguments.optuna.empty()) {
    if (!arguments.file.empty()) return absl::InvalidArgumentError("--from-optuna and FILE exclude each other");
    return ImportOptuna(context, arguments, interrupt);
  }
  if (arguments.file.empty()) arguments.file.swap(arguments.study);
  if (arguments.file.empty()) return absl::InvalidArgumentError("FILE is missing; see 'parzen import --help'");
  return ImportFile(context, arguments, interrupt);
}

}  // namespace

void AddImportCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = app->add_subcommand("import", "Add finished trials to a study, or make the studies of a file");
  command->add_option("STUDY", arguments->study, "A study that is there, or the name of the one to make");
  command->add_option("FILE", arguments->file, "What to read; -: standard input");
  command->add_option("--format", arguments->format, "csv or jsonl; by the file's ending")->type_name("NAME");
  command->add_option("--value", arguments->value_columns, "The CSV column of an objective (value)")
      ->type_name("COLUMN")
      ->expected(1)
      ->take_all();
  command
      ->add_option(
          "--from-optuna", arguments->optuna,
          "Make the studies of an Optuna storage: sqlite:///study.db, or\nany URL that Optuna, where it is installed, takes")
      ->type_name("URL");
  command->add_flag("--again", arguments->again, "Add trials once more that an earlier import of the same has added");
  command->footer(
      "All lines are looked through before any trial is added. The same import once more adds only what is not in yet, "
      "so after an interruption it goes on where it stopped.");
  command->callback([arguments, context] {
    const Interrupt interrupt;
    context->exit_code = context->Finish(Import(*context, *arguments, interrupt));
    if (interrupt.signal() != 0 && context->exit_code != kOk) context->exit_code = 128 + interrupt.signal();
  });
}

}  // namespace parzen::cli
