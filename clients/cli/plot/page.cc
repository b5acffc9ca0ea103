// The HTML page: facts, the best trials, every plot. Nothing is loaded from anywhere, no script runs.

#include <algorithm>

#include "clients/cli/json.h"
#include "clients/cli/plot/plots.h"
#include "clients/cli/plot/svg.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

constexpr size_t kMostBest = 50;

constexpr char kStyle[] = R"(
body { font: 15px/1.5 system-ui, "DejaVu Sans", Helvetica, Arial, sans-serif; color: #1f2933; background: #f5f7fa; margin: 0; }
main { max-width: 980px; margin: 0 auto; padding: 24px; }
h1 { font-size: 26px; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 28px 0 8px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; margin: 0; }
dt { color: #7b8794; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 20px 0; background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; padding: 8px; overflow-x: auto; }
svg { max-width: 100%; height: auto; display: block; margin: 0 auto; }
#parallel svg { max-width: none; }
.table { overflow-x: auto; background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; padding: 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 12px; border-bottom: 1px solid #e4e7eb; white-space: nowrap; }
footer { color: #7b8794; font-size: 13px; margin-top: 24px; }
)";

void Fact(std::string_view title, std::string_view text, std::string* html) {
  *html += "<dt>" + EscapeXml(title) + "</dt><dd>" + EscapeXml(text) + "</dd>\n";
}

std::string Facts(const StudyInfo& study) {
  std::string html = "<dl>\n";
  Fact("objective", DirectionsText(study.config), &html);
  Fact("state", ToText(study.state), &html);
  Fact("trials", CountsText(study.counts), &html);
  const Json sampler = ToJson(study.config.sampler);
  Fact("sampler", sampler.is_string() ? sampler.get<std::string>() : Dump(sampler), &html);
  if (study.config.seed.has_value()) Fact("seed", std::to_string(*study.config.seed), &html);
  if (study.created.has_value()) Fact("created", UtcTime(*study.created), &html);
  return html + "</dl>\n";
}

// Six digits for the eye, all of them where the pointer rests.
std::string ValueCell(const Value& value) {
  return "<td title=\"" + EscapeXml(ToText(value)) + "\">" + EscapeXml(ShortText(value)) + "</td>";
}

// One trial: a line a parameter, so that any number of them fits.
std::string BestTrial(const StudyInfo& study, const FrozenTrial& best) {
  std::string html = "<dl>\n";
  Fact("trial", std::to_string(best.number()), &html);
  Fact(ObjectiveName(study, 0), ToText(*best.value()), &html);
  for (const Param& param : best.params) Fact(param.name, ToText(param.value), &html);
  return html + "</dl>\n";
}

std::string BestTable(const StudyInfo& study, const std::vector<FrozenTrial>& best) {
  if (best.empty()) return "<p>No complete feasible trial yet.</p>\n";
  if (study.config.directions.size() == 1) return BestTrial(study, best.front());
  std::vector<std::string> names;
  for (const FrozenTrial& trial : best) {
    for (const Param& param : trial.params) {
      if (std::find(names.begin(), names.end(), param.name) == names.end()) names.push_back(param.name);
    }
  }
  std::string html = "<div class=\"table\"><table>\n<tr><th>trial</th>";
  for (size_t i = 0; i < study.config.directions.size(); ++i) {
    html += "<th>" + EscapeXml(ObjectiveName(study, i)) + "</th>";
  }
  for (const std::string& name : names) html += "<th>" + EscapeXml(name) + "</th>";
  html += "</tr>\n";
  for (size_t i = 0; i < std::min(best.size(), kMostBest); ++i) {
    html += "<tr><td>" + std::to_string(best[i].number()) + "</td>";
    for (const double value : best[i].values) html += ValueCell(value);
    for (const std::string& name : names) {
      const Value* value = Find(best[i].params, name);
      html += value == nullptr ? "<td></td>" : ValueCell(*value);
    }
    html += "</tr>\n";
  }
  html += "</table></div>\n";
  if (best.size() > kMostBest) html += "<p>and " + std::to_string(best.size() - kMostBest) + " more</p>\n";
  return html;
}

}  // namespace

std::string DrawPage(const StudyInfo& study, const std::vector<FrozenTrial>& trials, const std::vector<FrozenTrial>& best) {
  const std::string name = EscapeXml(study.config.name);
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>" +
      name + " - Parzen</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n<h1>" + name + "</h1>\n" + Facts(study) +
      "<h2>" + (study.config.directions.size() > 1 ? "Pareto front" : "Best trial") + "</h2>\n" + BestTable(study, best) +
      "<h2>Plots</h2>\n";
  for (const std::string_view kind : kPlotKinds) {
    if (kind == "pareto" && study.config.directions.size() < 2) continue;
    const absl::StatusOr<std::string> plot = DrawPlot(kind, study, trials);
    if (plot.ok()) html += "<figure id=\"" + std::string(kind) + "\">\n" + *plot + "</figure>\n";
  }
  return html + "<footer>Made by parzen plot, " + UtcTime(std::chrono::system_clock::now()) +
         "</footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace parzen::cli
