#include "server/optimizer/connect/routes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/optimizer/connect/message.h"
#include "server/optimizer/connect/stream.h"
#include "server/optimizer/connect/unary.h"
#include "server/optimizer/methods.h"

namespace parzen::optimizer::connect {
namespace {

struct Unary {
  const security::Method& method;
  void (Handlers::*handler)(Handlers::Carrier);
};

constexpr Unary kUnary[] = {
    {kCreateStudy, &Handlers::CreateStudy},
    {kGetStudy, &Handlers::GetStudy},
    {kListStudies, &Handlers::ListStudies},
    {kUpdateStudy, &Handlers::UpdateStudy},
    {kDeleteStudy, &Handlers::DeleteStudy},
    {kAsk, &Handlers::Ask},
    {kTell, &Handlers::Tell},
    {kReport, &Handlers::Report},
    {kHeartbeat, &Handlers::Heartbeat},
    {kStopTrial, &Handlers::StopTrial},
    {kEnqueue, &Handlers::Enqueue},
    {kAddTrials, &Handlers::AddTrials},
    {kSuggest, &Handlers::Suggest},
    {kUpdateTrial, &Handlers::UpdateTrial},
    {kGetTrial, &Handlers::GetTrial},
    {kListTrials, &Handlers::ListTrials},
    {kBestTrials, &Handlers::BestTrials},
    {kRecommendTrials, &Handlers::RecommendTrials},
    {kGetImportances, &Handlers::GetImportances},
    {kExplainTrial, &Handlers::ExplainTrial},
    {kGetServerInfo, &Handlers::GetServerInfo},
};
static_assert(std::size(kUnary) + 1 == kMethods.size(), "every method but WatchStudy");

// A browser sends a form or plain text across origins without asking first: neither is a call.
void RefuseContentType(http::Responder* responder, std::string_view content_type, const std::string& accepted) {
  const std::string given = content_type.empty() ? "none" : std::string(content_type.substr(0, 100));
  responder->Answer({.status = 415, .headers = {{"Accept-Post", accepted}}},
                    absl::StrCat("the content type is ", given, "; accepted: ", accepted, "\n"));
}

}  // namespace

std::vector<http::Route> MakeRoutes(Handlers* handlers, size_t max_body) {
  constexpr size_t kEnvelopeHead = 5;
  std::vector<http::Route> routes;
  for (const Unary& unary : kUnary) {
    auto handle = [handlers, handler = unary.handler](http::Request request, std::shared_ptr<http::Responder> responder) {
      const std::optional<Format> format = ParseContentType(request.Header("content-type"), "application/");
      if (!format) {
        return RefuseContentType(responder.get(), request.Header("content-type"), "application/json, application/proto");
      }
      (handlers->*handler)(std::make_unique<UnaryCarrier>(*format, std::move(request), std::move(responder)));
    };
    routes.push_back({"POST", std::string(unary.method.path), std::move(handle), max_body, true});
  }
  auto watch = [handlers](http::Request request, std::shared_ptr<http::Responder> responder) {
    const std::optional<Format> format = ParseContentType(request.Header("content-type"), "application/connect+");
    if (!format) {
      return RefuseContentType(responder.get(), request.Header("content-type"),
                               "application/connect+json, application/connect+proto");
    }
    handlers->WatchStudy(std::make_unique<WatchCarrier>(*format, std::move(request), std::move(responder)));
  };
  routes.push_back({"POST", std::string(kWatchStudy.path), std::move(watch), max_body + kEnvelopeHead, true});
  return routes;
}

}  // namespace parzen::optimizer::connect
