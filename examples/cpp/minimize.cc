// Minimizes a function of two parameters through a Parzen server (PARZEN_ADDRESS, or 127.0.0.1:7070).
// Start it several times at once: all of them work on the same study.

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "parzen/client.h"

namespace {

// Stands for a training run.
double Loss(double lr, int64_t depth) { return std::pow(std::log10(lr) + 3, 2) + 0.1 * std::abs(static_cast<double>(depth) - 4); }

int Fail(const absl::Status& status) {
  std::cerr << "minimize: " << status.message() << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main() {
  absl::StatusOr<parzen::Client> client = parzen::Client::Create();
  if (!client.ok()) return Fail(client.status());
  absl::StatusOr<parzen::Study> study = client->CreateStudy(
      {
          .name = "minimize",
          .space = {{"lr", parzen::Float{.low = 1e-5, .high = 1e-1, .log = true}}, {"depth", parzen::Int{.low = 1, .high = 8}}},
          .max_trials = 30,
      },
      /*exist_ok=*/true);
  if (!study.ok()) return Fail(study.status());

  while (true) {
    absl::StatusOr<parzen::Trial> trial = study->Ask();
    const std::string reason = parzen::ErrorReason(trial.status());
    if (reason == "STUDY_FINISHED") break;
    if (reason == "ALL_HANDED_OUT") {  // the others still run the last trials; one of them may have to be run again
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      continue;
    }
    if (!trial.ok()) return Fail(trial.status());
    const double loss = Loss(*trial->Float("lr"), *trial->Int("depth"));
    if (const absl::Status told = trial->Tell(loss); !told.ok()) return Fail(told);
  }

  const absl::StatusOr<parzen::FrozenTrial> best = study->BestTrial();
  if (!best.ok()) return Fail(best.status());
  std::cout << "best trial " << best->number() << ": loss " << *best->value() << "\n";
  for (const parzen::Param& param : best->params) std::cout << "  " << param.name << " = " << parzen::ToText(param.value) << "\n";
  return EXIT_SUCCESS;
}
