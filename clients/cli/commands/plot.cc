// plot, importances

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/files.h"
#include "clients/cli/json.h"
#include "clients/cli/plot/plots.h"
#include "clients/cli/plot/png.h"
#include "clients/cli/table.h"
#include "clients/cli/terminal.h"
#include "clients/cli/utf8.h"

namespace parzen::cli {
namespace {

constexpr double kPngScale = 2;       // sharp on dense screens, and in print
constexpr size_t kLongestStem = 200;  // bytes of a file's name before "-importances.svg"

struct PlotArguments {
  std::string study, output, format;
  std::vector<std::string> kinds;
};

// More trials than this are put into a page without their curves, attributes and distributions: it would become too large to
// open.
constexpr int64_t kFullTrials = 5000;

// What the pictures show, or what the page has inside, where one is asked for and can be had.
struct StudyData {
  DrawnStudy study;
  std::string snapshot;
};

absl::StatusOr<StudyData> Read(const Context& context, const std::string& name, std::string_view format) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(name));
  StudyData data{{study.info(), {}, {}}, {}};
  if (format == "html" && HasStudyFilePage()) {
    PARZEN_ASSIGN_OR_RETURN(data.snapshot, study.Snapshot({.full = study.info().counts.total() <= kFullTrials}));
  } else {
    PARZEN_ASSIGN_OR_RETURN(data.study.trials, study.Trials());
    PARZEN_ASSIGN_OR_RETURN(data.study.importances, study.GetImportances());
  }
  return data;
}

absl::StatusOr<std::string> Draw(const StudyData& data, std::string_view kind, std::string_view format) {
  if (format != "html") return DrawPlot(kind, data.study);
  return HasStudyFilePage() ? DrawPage(data.study.info.config.name, data.snapshot) : CollectPictures(data.study);
}

// A study's name may hold anything; a file's may not, nor be longer than 255 bytes with all that is put behind it. Different
// names stay different: what has no place in a file's name is percent-encoded, as in an address, and of a long one the end
// becomes a number that is made from all of it.
std::string FileName(std::string_view study) {
  std::string name;
  for (const char c : study) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || byte >= 0x80 || c == '-' || c == '_' || (c == '.' && !name.empty());
    name += plain ? std::string(1, c) : absl::StrFormat("%%%02X", byte);
  }
  if (name.size() <= kLongestStem) return name;
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a (Fowler, Noll and Vo)
  for (const char c : study) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return std::string(Utf8Head(name, kLongestStem - 17)) + absl::StrFormat("-%016x", hash);
}

absl::Status WritePlot(const Context& context, const StudyData& data, std::string_view kind, const std::string& format,
                       const std::string& path) {
  absl::StatusOr<std::string> picture = Draw(data, kind, format);
  if (picture.ok() && format == "png") picture = RenderPng(*picture, kPngScale);
  if (!picture.ok()) return picture.status();
  if (const absl::Status status = WriteFile(path, *picture); !status.ok()) return status;
  if (path == "-") return absl::OkStatus();
  std::printf("%s\n", context.json ? Dump(Json{{"plot", format == "html" ? "page" : std::string(kind)}, {"file", path}}).c_str()
                                   : path.c_str());
  return absl::OkStatus();
}

// As said, else by the file's ending, else a page, or pictures where kinds are asked for.
absl::StatusOr<std::string> FormatOf(const PlotArguments& arguments) {
  std::string format = arguments.format;
  if (format.empty()) {
    for (const char* known : {"html", "svg", "png"}) {
      if (arguments.output.ends_with(std::string(".") + known)) format = known;
    }
  }
  if (format.empty()) format = arguments.kinds.empty() ? "html" : "svg";
  if (format != "html" && format != "svg" && format != "png") {
    return absl::InvalidArgumentError("--format is '" + format + "': html, svg or png is accepted");
  }
  if (format == "html" && !arguments.kinds.empty()) {
    return absl::InvalidArgumentError("the HTML page has every plot: --kind goes with --format svg or png");
  }
  return format;
}

absl::Status Plot(const Context& context, const PlotArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const std::string format, FormatOf(arguments));
  for (const std::string& kind : arguments.kinds) {
    if (std::find(kPlotKinds.begin(), kPlotKinds.end(), kind) == kPlotKinds.end()) return DrawPlot(kind, {}).status();
  }
  PARZEN_ASSIGN_OR_RETURN(const StudyData data, Read(context, arguments.study, format));
  std::vector<std::string> kinds = arguments.kinds;
  if (kinds.empty() && format != "html") {
    kinds.assign(kPlotKinds.begin(), kPlotKinds.end());
    if (data.study.info.config.directions.size() < 2) std::erase(kinds, "pareto");
  }
  const std::filesystem::path output = arguments.output;
  const bool directory = output.empty() || arguments.output.ends_with('/') || std::filesystem::is_directory(output) ||
                         (kinds.size() > 1 && !output.has_extension());
  if (!directory) {
    if (kinds.size() > 1)
      return absl::InvalidArgumentError("several plots do not go into one file: give a directory, or one --kind");
    return WritePlot(context, data, kinds.empty() ? "" : kinds[0], format, arguments.output);
  }
  std::error_code error;
  if (!arguments.output.empty()) std::filesystem::create_directories(arguments.output, error);
  if (error) return absl::InvalidArgumentError("cannot make " + arguments.output + ": " + error.message());
  const std::string stem = (std::filesystem::path(arguments.output) / FileName(arguments.study)).string();
  if (format == "html") return WritePlot(context, data, "", format, stem + ".html");
  for (const std::string& kind : kinds) {
    const std::string path = stem + "-" + kind + "." + format;
    if (const absl::Status status = WritePlot(context, data, kind, format, path); !status.ok()) return status;
  }
  return absl::OkStatus();
}

struct ImportancesArguments {
  std::string study;
  std::optional<int32_t> objective;
};

absl::Status ShowImportances(const Context& context, const ImportancesArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const Importances importances, study.GetImportances(arguments.objective));
  if (!importances.note.empty()) context.Note(importances.note);
  if (importances.used < importances.complete) {
    context.Note(absl::StrFormat("computed from %d of %d complete trials", importances.used, importances.complete));
  }
  if (context.json) {
    Json json = Json::object();
    for (const auto& [parameter, importance] : importances.shares) json[parameter] = importance;
    std::printf("%s\n", Dump(json).c_str());
    return absl::OkStatus();
  }
  Table table({{"PARAMETER", false, true}, {"IMPORTANCE", true}, {""}});
  for (const auto& [parameter, importance] : importances.shares) {
    std::string bar;
    for (int i = 0; i < static_cast<int>(importance * 40 + 0.5); ++i) bar += "█";
    table.Add({parameter, absl::StrFormat("%.1f%%", 100 * importance), bar});
  }
  if (!table.empty()) {
    std::fputs(table.Render(TerminalWidth(stdout), UseColors(context.color, stdout)).c_str(), stdout);
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlotCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<PlotArguments>();
  CLI::App* plot = app->add_subcommand("plot", "Draw a study: one HTML page, or SVG and PNG files");
  plot->add_option("STUDY", arguments->study, "The study's name")->required();
  plot->add_option("-o,--output", arguments->output, "A file, a directory, or - (./STUDY.html where unset)")->type_name("PATH");
  plot->add_option("-k,--kind", arguments->kinds, "history, parallel, slices, importances or pareto; all where unset")
      ->type_name("KIND")
      ->expected(1)
      ->take_all();
  plot->add_option("--format", arguments->format, "html, svg or png; by the file's ending")->type_name("NAME");
  plot->footer("The page is the server's own, with the study's data inside, and needs no network: open it in any browser.");
  plot->callback([arguments, context] { context->exit_code = context->Finish(Plot(*context, *arguments)); });

  auto asked = std::make_shared<ImportancesArguments>();
  CLI::App* importances = app->add_subcommand("importances", "Say how important each parameter was (PED-ANOVA)");
  importances->add_option("STUDY", asked->study, "The study's name")->required();
  importances->add_option("--objective", asked->objective, "Judge by one of several objectives, from 0; by all where unset")
      ->type_name("N");
  importances->callback([asked, context] { context->exit_code = context->Finish(ShowImportances(*context, *asked)); });
}

}  // namespace parzen::cli
