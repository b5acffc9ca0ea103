#include "tests/server/rpc/live_server.h"

#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "storage/sqlite/sqlite_storage.h"

namespace parzen {

TestDirectory::TestDirectory() {
  std::string path = ::testing::TempDir() + "parzen-rpc-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  path_ = path;
}

TestDirectory::~TestDirectory() { std::filesystem::remove_all(path_); }

LiveServer::LiveServer(std::string db, rpc::ServerOptions options, engine::ServiceOptions engine, optimizer::FrontOptions front)
    : db_(std::move(db)), options_(std::move(options)), engine_(std::move(engine)), front_(front) {
  options_.listen = "127.0.0.1:0";
  Start();
}

void LiveServer::Start() {
  storage::SqliteOptions sqlite;
  sqlite.path = db_;
  auto storage = storage::OpenSqlite(std::move(sqlite));
  ASSERT_TRUE(storage.ok()) << storage.status();
  storage_ = *std::move(storage);
  service_ = engine::Service::Create(storage_.get(), engine_);
  std::vector<std::unique_ptr<rpc::Front>> fronts;
  fronts.push_back(optimizer::MakeFront(service_.get(), front_));
  auto server = rpc::Server::Start(std::move(fronts), options_);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
}

void LiveServer::Stop() {
  if (server_ == nullptr) return;
  constexpr std::chrono::milliseconds kGrace(60'000);
  server_->Drain();
  std::thread engine([this] { EXPECT_TRUE(service_->Shutdown(kGrace)); });
  server_->Shutdown(kGrace);
  engine.join();
  server_.reset();
  service_.reset();
  storage_.reset();
}

std::shared_ptr<grpc::Channel> LiveServer::Connect() const { return ConnectTo(port()); }

std::shared_ptr<grpc::Channel> ConnectTo(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments);
}

v1::ErrorInfo InfoOf(const grpc::Status& status) {
  v1::ErrorStatus details;
  v1::ErrorInfo info;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(details.message(), status.error_message());
  EXPECT_EQ(details.details_size(), 1) << status.error_message();
  if (details.details_size() != 1) return info;
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.domain(), "parzen");
  return info;
}

std::string Spell(const grpc::Status& status) {
  if (status.ok()) return "OK";
  EXPECT_FALSE(status.error_message().empty()) << status.error_code();
  std::string text = absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
  if (status.error_details().empty()) return text;
  const v1::ErrorInfo info = InfoOf(status);
  text += ' ' + info.reason();
  if (info.reason() == "BAD_FIELD") text += ' ' + info.metadata().at("field");
  if (info.reason() == "NOT_IMPLEMENTED") text += ' ' + info.metadata().at("feature");
  return text;
}

std::string NewUuid() {
  static std::atomic<uint64_t> last{0};
  return absl::StrFormat("00000000-0000-4000-8000-%012x", ++last);
}

std::string TextOf(const v1::TrialHandle& handle) {
  return absl::StrFormat("study_uid: %d number: %d attempt: %d", handle.study_uid(), handle.number(), handle.attempt());
}

bool ParseText(std::string_view text, google::protobuf::Message* message) {
  return google::protobuf::TextFormat::ParseFromString(std::string(text), message);
}

}  // namespace parzen
