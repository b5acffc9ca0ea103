// What calls take and answer that ask what a model makes of a study's trials: more of the service's vocabulary (types.h).

#ifndef PARZEN_SERVER_ENGINE_INSIGHTS_H_
#define PARZEN_SERVER_ENGINE_INSIGHTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sampler/gp/recommendation.h"
#include "server/engine/types.h"

namespace parzen::engine {

struct RecommendTrialsCommand {
  std::string study;
  View view = View::kBasic;
  int32_t page_size = 1000;  // 1 to 1,000
  std::string page_token;
};

struct RecommendTrialsAnswer {
  gp::RecommendedBy by = gp::RecommendedBy::kToldValues;
  std::vector<Trial> trials;
  std::vector<gp::RecommendedTrial> expected;  // one a trial
  std::string next_page_token;
};

struct GetImportancesCommand {
  std::string study;
  std::optional<int64_t> objective;  // from 0; unset: all of them
};

struct GetImportancesAnswer {
  std::vector<NamedValue> shares;  // one a parameter, the largest first
  std::string note;                // why they are all 0, or there are none; empty where they say something
  int64_t complete = 0;            // trials that could be judged
  int64_t used = 0;                // trials that were (sampler/importance/judged_trials.h)
};

struct ExplainTrialCommand {
  std::string study;
  int64_t number = 0;
};

struct ExplainTrialAnswer {
  Trial trial;
  Explanation explanation;
  // How the internal values of candidates read: distribution by parameter name.
  std::vector<std::pair<std::string, std::shared_ptr<const Distribution>>> distributions;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_INSIGHTS_H_
