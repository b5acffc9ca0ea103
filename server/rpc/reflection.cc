#include "server/rpc/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <utility>

namespace parzen::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::FileDescriptorResponse;
using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
using Response = grpc::reflection::v1alpha::ServerReflectionResponse;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// The file and all that it imports, each once.
void AddFile(const FileDescriptor* file, std::set<std::string>* added, FileDescriptorResponse* response) {
  if (!added->insert(file->name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  proto.SerializeToString(response->add_file_descriptor_proto());
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), added, response);
}

void SetError(grpc::StatusCode code, std::string message, Response* response) {
  response->mutable_error_response()->set_error_code(code);
  response->mutable_error_response()->set_error_message(std::move(message));
}

// `what`: what was asked for.
void AnswerFile(const FileDescriptor* file, const std::string& what, Response* response) {
  if (file == nullptr) return SetError(grpc::StatusCode::NOT_FOUND, "there is no " + what, response);
  std::set<std::string> added;
  AddFile(file, &added, response->mutable_file_descriptor_response());
}

void AnswerExtensions(const std::string& type, Response* response) {
  const google::protobuf::Descriptor* message = Pool().FindMessageTypeByName(type);
  if (message == nullptr) return SetError(grpc::StatusCode::NOT_FOUND, "there is no message " + type, response);
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(message, &extensions);
  response->mutable_all_extension_numbers_response()->set_base_type_name(type);
  for (const FieldDescriptor* extension : extensions) {
    response->mutable_all_extension_numbers_response()->add_extension_number(extension->number());
  }
}

const FileDescriptor* FileOfExtension(const std::string& type, int number) {
  const google::protobuf::Descriptor* message = Pool().FindMessageTypeByName(type);
  const FieldDescriptor* extension = message == nullptr ? nullptr : Pool().FindExtensionByNumber(message, number);
  return extension == nullptr ? nullptr : extension->file();
}

void Answer(const Request& request, const std::vector<std::string>& services, Response* response) {
  response->set_valid_host(request.host());
  *response->mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      return AnswerFile(Pool().FindFileByName(request.file_by_filename()), "file " + request.file_by_filename(), response);
    case Request::kFileContainingSymbol:
      return AnswerFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()), request.file_containing_symbol(),
                        response);
    case Request::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      return AnswerFile(FileOfExtension(extension.containing_type(), extension.extension_number()),
                        "such extension of " + extension.containing_type(), response);
    }
    case Request::kAllExtensionNumbersOfType:
      return AnswerExtensions(request.all_extension_numbers_of_type(), response);
    case Request::kListServices:
      for (const std::string& name : services) response->mutable_list_services_response()->add_service()->set_name(name);
      return;
    case Request::MESSAGE_REQUEST_NOT_SET:
      return SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request asks nothing that this server knows of", response);
  }
}

// One client's questions. Frees itself.
class Questions final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  // `services` outlives it.
  explicit Questions(const std::vector<std::string>* services) : services_(services) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);  // that was all
    response_.Clear();
    Answer(request_, *services_, &response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the client has gone"));
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const std::vector<std::string>* const services_;
  Request request_;
  Response response_;
};

}  // namespace

Reflection::Reflection(std::vector<std::string> services) : services_(std::move(services)) {}

grpc::ServerBidiReactor<Request, Response>* Reflection::ServerReflectionInfo(grpc::CallbackServerContext*) {
  return new Questions(&services_);
}

}  // namespace parzen::rpc
