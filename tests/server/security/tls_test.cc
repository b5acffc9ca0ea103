#include "server/security/tls.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "parzen/v1/parzen.grpc.pb.h"
#include "tests/server/security/certificates.h"

namespace parzen::security {
namespace {

using ::testing::HasSubstr;

// Answers the common name of the client's certificate as its version.
class EchoName final : public v1::Optimizer::CallbackService {
  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context, const v1::GetServerInfoRequest*,
                                          v1::ServerInfo* response) override {
    const auto names = context->auth_context()->FindPropertyValues("x509_common_name");
    response->set_version(names.empty() ? "nobody" : std::string(names[0].data(), names[0].size()));
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "tls-" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    authority_ = std::make_unique<Authority>(directory_, "authority");
    const auto pair = authority_->Issue("server", "server");
    options_.certificate_file = pair.certificate_file;
    options_.key_file = pair.key_file;
    options_.refresh_seconds = 1;
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Serve() {
    auto credentials = MakeTlsCredentials(options_);
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(port_, 0);
  }

  // What a client that trusts `root` and shows `pair` gets: the server's answer, or "refused".
  std::string Call(const std::string& root, const Authority::Pair& pair = {}) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadText(root);
    if (!pair.certificate_file.empty()) {
      options.pem_cert_chain = ReadText(pair.certificate_file);
      options.pem_private_key = ReadText(pair.key_file);
    }
    return Call(grpc::SslCredentials(options));
  }
  std::string Call(const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_), credentials, arguments);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::ServerInfo info;
    const auto status = v1::Optimizer::NewStub(channel)->GetServerInfo(&context, {}, &info);
    if (status.ok()) return info.version();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    return "refused";
  }

  // Whether openssl's own client can shake hands with the given protocol.
  bool Handshake(const std::string& protocol) const {
    return std::system(absl::StrCat("openssl s_client ", protocol, " -alpn h2 -cipher ALL:@SECLEVEL=0 -connect 127.0.0.1:", port_,
                                    " </dev/null >/dev/null 2>&1")
                           .c_str()) == 0;
  }

  std::string directory_;
  std::unique_ptr<Authority> authority_;
  TlsOptions options_;
  EchoName service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(TlsTest, AClientThatKnowsTheAuthorityGetsIn) {
  Serve();
  EXPECT_EQ(Call(authority_->certificate_file()), "nobody");
}

TEST_F(TlsTest, AClientThatKnowsAnotherAuthorityDoesNot) {
  Serve();
  const Authority other(directory_, "other");
  EXPECT_EQ(Call(other.certificate_file()), "refused");
}

TEST_F(TlsTest, APlainTextClientIsRefused) {
  Serve();
  EXPECT_EQ(Call(grpc::InsecureChannelCredentials()), "refused");
}

TEST_F(TlsTest, TheOldestProtocolIsTls12) {
  Serve();
  EXPECT_TRUE(Handshake("-tls1_3"));
  EXPECT_TRUE(Handshake("-tls1_2"));
  EXPECT_FALSE(Handshake("-tls1_1"));
  EXPECT_FALSE(Handshake("-tls1"));
}

TEST_F(TlsTest, MutualTlsAsksForACertificateOfItsAuthority) {
  options_.client_ca_file = authority_->certificate_file();
  Serve();
  const std::string root = authority_->certificate_file();
  EXPECT_EQ(Call(root, authority_->Issue("client", "node-7")), "node-7");
  EXPECT_EQ(Call(root), "refused") << "no certificate";
  EXPECT_EQ(Call(root, authority_->Issue("late", "node-8", true)), "refused") << "an expired one";
  const Authority other(directory_, "other");
  EXPECT_EQ(Call(root, other.Issue("stranger", "node-7")), "refused") << "one of another authority";
}

TEST_F(TlsTest, ANewCertificateIsTakenUp) {
  Serve();
  const Authority next(directory_, "next");
  EXPECT_EQ(Call(next.certificate_file()), "refused");
  const auto pair = next.Issue("next-server", "server");
  std::filesystem::rename(pair.key_file, options_.key_file);
  std::filesystem::rename(pair.certificate_file, options_.certificate_file);
  std::string answer = "refused";
  for (int i = 0; i < 200 && answer == "refused"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    answer = Call(next.certificate_file());
  }
  EXPECT_EQ(answer, "nobody");
  EXPECT_EQ(Call(authority_->certificate_file()), "refused") << "the old certificate is gone";
}

TEST_F(TlsTest, FilesAreCheckedBeforeTheServerBegins) {
  const auto problem = [](const TlsOptions& options) { return std::string(CheckTlsFiles(options).message()); };
  EXPECT_EQ(problem(options_), "");
  TlsOptions options = options_;
  options.key_file.clear();
  EXPECT_THAT(problem(options), HasSubstr("both a certificate file and a key file"));
  options = options_;
  options.certificate_file = directory_ + "/absent.crt";
  EXPECT_THAT(problem(options), HasSubstr("absent.crt: cannot be read: No such file"));
  options.certificate_file = directory_;
  EXPECT_THAT(problem(options), HasSubstr("cannot be read: it is a directory"));
  options = options_;
  options.certificate_file = options_.key_file;
  EXPECT_THAT(problem(options), HasSubstr("server.key: has no PEM certificate"));
  options = options_;
  options.key_file = options_.certificate_file;
  EXPECT_THAT(problem(options), HasSubstr("server.crt: has no PEM private key"));
  options = options_;
  options.key_file = authority_->Issue("another", "another").key_file;
  EXPECT_THAT(problem(options), HasSubstr("another.key: is not the key of the certificate in"));
  options.certificate_file = authority_->Issue("late", "server", true).certificate_file;
  options.key_file = directory_ + "/late.key";
  EXPECT_THAT(problem(options), HasSubstr("late.crt: the certificate has expired"));
  options = options_;
  std::ofstream(directory_ + "/empty.crt").flush();
  options.client_ca_file = directory_ + "/empty.crt";
  EXPECT_THAT(problem(options), HasSubstr("empty.crt: has no PEM certificate"));
  EXPECT_FALSE(MakeTlsCredentials(options).ok());
}

}  // namespace
}  // namespace parzen::security
