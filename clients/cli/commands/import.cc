// import: finished trials into a study that is there, or whole studies that `parzen export` or Optuna wrote.

#include <cstdio>
#include <memory>

#include "clients/cli/commands/commands.h"
#include "clients/cli/csv_trials.h"
#include "clients/cli/files.h"
#include "clients/cli/formats.h"
#include "clients/cli/json.h"
#include "clients/cli/json_lines.h"
#include "clients/cli/optuna_import.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

struct Arguments {
  std::string study, file, format, optuna;
  std::vector<std::string> value_columns;
};

void Say(const Context& context, const std::string& study, bool made, const Study::Added& added, size_t left_out) {
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"study", study},
                                  {"made", made},
                                  {"first_number", added.first_number},
                                  {"count", added.count},
                                  {"left_out", left_out}})
                            .c_str());
    return;
  }
  if (made) {
    std::printf("study %s is made: %lld trials\n", Printable(study).c_str(), static_cast<long long>(added.count));
  } else if (left_out == 0) {
    std::printf("%lld trials imported\n", static_cast<long long>(added.count));
  } else {
    std::printf("%lld trials imported; unfinished and left out: %zu\n", static_cast<long long>(added.count), left_out);
  }
}

absl::Status AddFinished(const Context& context, const Study& study, std::vector<FrozenTrial> trials) {
  const size_t left_out = std::erase_if(trials, [](const FrozenTrial& trial) { return trial.state < TrialState::kComplete; });
  const absl::StatusOr<Study::Added> added = study.AddTrials(trials);
  if (!added.ok()) return added.status();
  Say(context, study.name(), false, *added, left_out);
  return absl::OkStatus();
}

absl::StatusOr<Study::Added> FillStudy(Study* study, const StudyLines& lines) {
  // Nobody shall ask before everything is there.
  if (const absl::Status paused = study->Pause(); !paused.ok()) return paused;
  const absl::StatusOr<Study::Added> added = study->AddTrials(lines.trials, /*restore=*/true);
  if (!added.ok()) return added;
  absl::Status status;
  if (lines.study->state == StudyState::kActive) status = study->Resume();
  if (lines.study->state == StudyState::kFinished) status = study->Finish();
  return status.ok() ? added : status;
}

// Makes the study with all of its trials, or nothing.
absl::Status MakeStudy(const Context& context, const Client& client, const std::string& name, const StudyLines& lines) {
  StudyConfig config = lines.study->config;
  config.name = name;
  absl::StatusOr<Study> study = client.CreateStudy(config);
  if (!study.ok()) return study.status();
  const absl::StatusOr<Study::Added> added = FillStudy(&*study, lines);
  if (added.ok()) {
    Say(context, name, true, *added, 0);
    return absl::OkStatus();
  }
  const absl::Status removed = client.DeleteStudy(name);
  if (removed.ok()) return added.status();
  context.Note("the study " + name + " is incomplete and could not be removed: " + std::string(removed.message()));
  return added.status();
}

absl::Status ImportStudies(const Context& context, const std::string& name, const std::vector<StudyLines>& studies) {
  if (!name.empty() && studies.size() > 1) {
    return absl::InvalidArgumentError("the file has " + std::to_string(studies.size()) +
                                      " studies: they keep their names, so no STUDY is accepted");
  }
  const absl::StatusOr<Client> client = context.Connect();
  if (!client.ok()) return client.status();
  for (const StudyLines& lines : studies) {
    if (!lines.study.has_value()) return absl::InvalidArgumentError("the file's first trials belong to no study");
    const absl::Status status = MakeStudy(context, *client, name.empty() ? lines.study->config.name : name, lines);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ImportOptuna(const Context& context, const Arguments& arguments) {
  const absl::StatusOr<std::string> text = ReadOptunaStorage(arguments.optuna, arguments.study);
  if (!text.ok()) return text.status();
  const absl::StatusOr<std::vector<StudyLines>> studies = ParseJsonLines(*text);
  if (!studies.ok()) return studies.status();
  return ImportStudies(context, "", *studies);
}

absl::Status ImportFile(const Context& context, const Arguments& arguments) {
  const absl::StatusOr<std::string> format = FormatOf(arguments.format, arguments.file, "");
  if (!format.ok()) return format.status();
  if (format->empty()) return absl::InvalidArgumentError("--format csv or --format jsonl is needed for this file");
  const absl::StatusOr<std::string> text = ReadFile(arguments.file);
  if (!text.ok()) return text.status();
  const auto in_file = [&](const absl::Status& status) {
    return absl::InvalidArgumentError(arguments.file + ": " + std::string(status.message()));
  };
  absl::StatusOr<Study> study =
      absl::NotFoundError("the file has no study line: parzen import STUDY FILE adds its trials to a study");
  if (!arguments.study.empty()) study = context.OpenStudy(arguments.study);
  if (!study.ok() && !absl::IsNotFound(study.status())) return study.status();
  if (*format == "csv") {
    if (!study.ok()) return study.status();
    absl::StatusOr<std::vector<FrozenTrial>> trials = TrialsFromCsv(study->info(), *text, arguments.value_columns);
    return trials.ok() ? AddFinished(context, *study, *std::move(trials)) : in_file(trials.status());
  }
  if (!study.ok() && !StartsWithStudy(*text)) return study.status();
  absl::StatusOr<std::vector<StudyLines>> studies = ParseJsonLines(*text, study.ok() ? &study->info().config.space : nullptr);
  if (!studies.ok()) return in_file(studies.status());
  if (study.ok() && studies->size() <= 1) {
    return AddFinished(context, *study, studies->empty() ? std::vector<FrozenTrial>() : std::move(studies->front().trials));
  }
  return ImportStudies(context, arguments.study, *studies);
}

absl::Status Import(const Context& context, Arguments arguments) {
  if (!arguments.optuna.empty()) {
    if (!arguments.file.empty()) return absl::InvalidArgumentError("--from-optuna and FILE exclude each other");
    return ImportOptuna(context, arguments);
  }
  if (arguments.file.empty()) arguments.file.swap(arguments.study);
  if (arguments.file.empty()) return absl::InvalidArgumentError("FILE is missing; see 'parzen import --help'");
  return ImportFile(context, arguments);
}

}  // namespace

void AddImportCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<Arguments>();
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
  command->callback([arguments, context] { context->exit_code = context->Finish(Import(*context, *arguments)); });
}

}  // namespace parzen::cli
