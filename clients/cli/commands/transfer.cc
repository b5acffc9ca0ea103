// export, import

#include <cstdio>
#include <memory>

#include "clients/cli/commands/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "clients/cli/transfer.h"

namespace parzen::cli {
namespace {

struct TransferArguments {
  std::string study, file, format;
  std::vector<std::string> value_columns;
};

// csv or jsonl: as said, else by the file's ending, else `otherwise`.
absl::StatusOr<std::string> FormatOf(const TransferArguments& arguments, std::string_view otherwise) {
  if (arguments.format == "csv" || arguments.format == "jsonl") return arguments.format;
  if (!arguments.format.empty()) {
    return absl::InvalidArgumentError("--format is '" + arguments.format + "': csv or jsonl is accepted");
  }
  if (arguments.file.ends_with(".csv")) return std::string("csv");
  if (arguments.file.ends_with(".jsonl") || arguments.file.ends_with(".ndjson")) return std::string("jsonl");
  return std::string(otherwise);
}

absl::Status Export(const Context& context, const TransferArguments& arguments) {
  const absl::StatusOr<std::string> format = FormatOf(arguments, context.json ? "jsonl" : "csv");
  if (!format.ok()) return format.status();
  const absl::StatusOr<Study> study = context.OpenStudy(arguments.study);
  if (!study.ok()) return study.status();
  std::string text;
  if (*format == "csv") {
    const absl::StatusOr<std::vector<FrozenTrial>> trials = study->Trials();
    if (!trials.ok()) return trials.status();
    text = TrialsToCsv(study->info(), *trials);
  } else {
    const absl::Status status = study->ForEachPage({}, [&](const TrialPage& page) {
      for (const FrozenTrial& trial : page.trials) text += TrialToJsonLine(study->info(), trial);
      return true;
    });
    if (!status.ok()) return status;
  }
  return WriteFile(arguments.file.empty() ? "-" : arguments.file, text);
}

absl::Status Import(const Context& context, const TransferArguments& arguments) {
  const absl::StatusOr<std::string> format = FormatOf(arguments, "");
  if (!format.ok()) return format.status();
  if (format->empty()) return absl::InvalidArgumentError("--format csv or --format jsonl is needed for this file");
  const absl::StatusOr<std::string> text = ReadFile(arguments.file);
  if (!text.ok()) return text.status();
  const absl::StatusOr<Study> study = context.OpenStudy(arguments.study);
  if (!study.ok()) return study.status();
  const absl::StatusOr<std::vector<FrozenTrial>> trials =
      *format == "csv" ? TrialsFromCsv(study->info(), *text, arguments.value_columns) : TrialsFromJsonLines(study->info(), *text);
  if (!trials.ok()) return absl::InvalidArgumentError(arguments.file + ": " + std::string(trials.status().message()));
  const absl::StatusOr<Study::Added> added = study->AddTrials(*trials);
  if (!added.ok()) return added.status();
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"first_number", added->first_number}, {"count", added->count}}).c_str());
  } else {
    std::printf("%lld trials imported\n", static_cast<long long>(added->count));
  }
  return absl::OkStatus();
}

}  // namespace

void AddTransferCommands(CLI::App* app, Context* context) {
  auto exporting = std::make_shared<TransferArguments>();
  CLI::App* out = app->add_subcommand("export", "Write all trials as CSV or JSON Lines");
  out->add_option("STUDY", exporting->study, "The study's name")->required();
  out->add_option("-o,--output", exporting->file, "Where to; the standard output where unset")->type_name("FILE");
  out->add_option("--format", exporting->format, "csv or jsonl; by the file's ending, else csv")->type_name("NAME");
  out->callback([exporting, context] { context->exit_code = context->Finish(Export(*context, *exporting)); });

  auto importing = std::make_shared<TransferArguments>();
  CLI::App* in = app->add_subcommand("import", "Add finished trials from a CSV or JSON Lines file");
  in->add_option("STUDY", importing->study, "The study's name")->required();
  in->add_option("FILE", importing->file, "What to read; -: standard input")->required();
  in->add_option("--format", importing->format, "csv or jsonl; by the file's ending")->type_name("NAME");
  in->add_option("--value", importing->value_columns, "The CSV column of an objective (value)")
      ->type_name("COLUMN")
      ->expected(1)
      ->take_all();
  in->callback([importing, context] { context->exit_code = context->Finish(Import(*context, *importing)); });
}

}  // namespace parzen::cli
