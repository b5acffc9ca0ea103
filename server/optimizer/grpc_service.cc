#include "server/optimizer/grpc_service.h"

#include <utility>

#include "server/rpc/grpc_carrier.h"

namespace parzen::optimizer {

GrpcService::Reactor* GrpcService::Run(Context* context, const Bytes* request, Bytes* response,
                                       void (Handlers::*handler)(Handlers::Carrier)) {
  auto carrier = std::make_unique<rpc::GrpcCarrier>(context, request, response);
  Reactor* const reactor = carrier->reactor();
  (handlers_->*handler)(std::move(carrier));
  return reactor;
}

GrpcService::Reactor* GrpcService::CreateStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::CreateStudy);
}
GrpcService::Reactor* GrpcService::GetStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::GetStudy);
}
GrpcService::Reactor* GrpcService::ListStudies(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::ListStudies);
}
GrpcService::Reactor* GrpcService::UpdateStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::UpdateStudy);
}
GrpcService::Reactor* GrpcService::DeleteStudy(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::DeleteStudy);
}
GrpcService::Reactor* GrpcService::Ask(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Ask);
}
GrpcService::Reactor* GrpcService::Tell(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Tell);
}
GrpcService::Reactor* GrpcService::Report(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Report);
}
GrpcService::Reactor* GrpcService::Heartbeat(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Heartbeat);
}
GrpcService::Reactor* GrpcService::StopTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::StopTrial);
}
GrpcService::Reactor* GrpcService::Enqueue(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Enqueue);
}
GrpcService::Reactor* GrpcService::AddTrials(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::AddTrials);
}
GrpcService::Reactor* GrpcService::Suggest(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::Suggest);
}
GrpcService::Reactor* GrpcService::UpdateTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::UpdateTrial);
}
GrpcService::Reactor* GrpcService::GetTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::GetTrial);
}
GrpcService::Reactor* GrpcService::ListTrials(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::ListTrials);
}
GrpcService::Reactor* GrpcService::BestTrials(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::BestTrials);
}
GrpcService::Reactor* GrpcService::RecommendTrials(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::RecommendTrials);
}
GrpcService::Reactor* GrpcService::GetImportances(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::GetImportances);
}

GrpcService::Reactor* GrpcService::ExplainTrial(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::ExplainTrial);
}
GrpcService::Reactor* GrpcService::GetServerInfo(Context* context, const Bytes* request, Bytes* response) {
  return Run(context, request, response, &Handlers::GetServerInfo);
}
grpc::ServerWriteReactor<grpc::ByteBuffer>* GrpcService::WatchStudy(Context* context, const Bytes* request) {
  auto carrier = std::make_unique<rpc::GrpcStreamCarrier>(context, request);
  grpc::ServerWriteReactor<Bytes>* const reactor = carrier.get();
  handlers_->WatchStudy(std::move(carrier));
  return reactor;
}

}  // namespace parzen::optimizer
