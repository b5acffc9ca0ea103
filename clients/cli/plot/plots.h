// The pictures of a study, each as a whole SVG document.

#ifndef PARZEN_CLIENTS_CLI_PLOT_PLOTS_H_
#define PARZEN_CLIENTS_CLI_PLOT_PLOTS_H_

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "parzen/study.h"

namespace parzen::cli {

// What can be drawn, in the order of the page.
inline constexpr std::array<std::string_view, 5> kPlotKinds = {"history", "parallel", "slices", "importances", "pareto"};

// Everything that pictures show of a study.
struct DrawnStudy {
  StudyInfo info;
  std::vector<FrozenTrial> trials;
  Importances importances;
};

// INVALID_ARGUMENT for an unknown kind. A plot for which there is nothing yet says so in the picture; "pareto" of one objective
// is FAILED_PRECONDITION.
absl::StatusOr<std::string> DrawPlot(std::string_view kind, const DrawnStudy& study);

// Values of each objective by trial number, and the best so far.
std::string DrawHistory(const StudyInfo& study, const std::vector<FrozenTrial>& trials);
// A line a trial across an axis for the objective and each parameter; better ones are darker and on top.
std::string DrawParallel(const StudyInfo& study, const std::vector<FrozenTrial>& trials);
// The first objective over each parameter; later trials are darker.
std::string DrawSlices(const StudyInfo& study, const std::vector<FrozenTrial>& trials);
// Each parameter's importance.
std::string DrawImportances(const Importances& importances);
// Each pair of objectives (of the first four), the Pareto front among them.
std::string DrawPareto(const StudyInfo& study, const std::vector<FrozenTrial>& trials);

// Whether this program was built with the page, so that DrawPage can be called.
bool HasStudyFilePage();
// The live page of a study as one HTML file that needs nothing else; `snapshot` is what Study::Snapshot answers.
absl::StatusOr<std::string> DrawPage(std::string_view name, std::string_view snapshot);
// All pictures in one HTML file, for a program without the page.
std::string CollectPictures(const DrawnStudy& study);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_PLOT_PLOTS_H_
