// Files that `parzen import` reads, on arbitrary bytes: JSON Lines and CSV. What is accepted is written and read again without
// change.

#include <cstdint>
#include <string>

#include "clients/cli/csv_trials.h"
#include "clients/cli/json_lines.h"
#include "tests/fuzz/invariant.h"

namespace parzen::fuzz {
namespace {

// The study that trials are added to.
StudyInfo Declared() {
  StudyInfo study;
  study.config.space = {{"lr", Float{1e-5, 0.1, true}},
                        {"depth", Int{1, 9, false, 2}},
                        {"kernel", Categorical{{std::monostate(), true, int64_t{1}, 1.0, "1", "rbf"}}},
                        {"gamma", Float{0, 1, false, 0.25}, Condition{"kernel", {"rbf"}}}};
  return study;
}

std::string Written(const std::vector<cli::StudyLines>& studies, const StudyInfo& declared) {
  std::string text;
  for (const cli::StudyLines& lines : studies) {
    if (lines.study.has_value()) text += cli::StudyToJsonLine(*lines.study);
    for (const FrozenTrial& trial : lines.trials) text += cli::TrialToJsonLine(lines.study.value_or(declared), trial);
  }
  return text;
}

void ReadLines(const std::string& text, bool into_study) {
  const StudyInfo declared = into_study ? Declared() : StudyInfo();
  const SearchSpace* space = into_study ? &declared.config.space : nullptr;
  const auto read = cli::ParseJsonLines(text, space);
  if (!read.ok()) return Require(!read.status().message().empty(), "a refusal says why");
  const std::string written = Written(*read, declared);
  const auto again = cli::ParseJsonLines(written, space);
  Require(again.ok(), "what was written is read: " + std::string(again.status().message()) + "\n" + written);
  Require(Written(*again, declared) == written, "what was written reads back: " + written);
}

void ReadCsv(const std::string& text) {
  const StudyInfo study = Declared();
  const auto read = cli::TrialsFromCsv(study, text, {});
  if (!read.ok()) return Require(!read.status().message().empty(), "a refusal says why");
  const std::string written = cli::TrialsToCsv(study, read->trials);
  const auto again = cli::TrialsFromCsv(study, written, {});
  Require(again.ok(), "what was written is read: " + std::string(again.status().message()) + "\n" + written);
  Require(cli::TrialsToCsv(study, again->trials) == written, "what was written reads back: " + written);
}

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes + 1), size - 1);
  // 'c', 's' and 'l' in the corpus.
  if (bytes[0] % 16 == 'c' % 16) {
    parzen::fuzz::ReadCsv(text);
  } else {
    parzen::fuzz::ReadLines(text, bytes[0] % 16 == 's' % 16);
  }
  return 0;
}
