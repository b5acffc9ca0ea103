// Nothing that a client sends crashes the server, hangs it, or is answered INTERNAL or UNKNOWN.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Stub = v1::Optimizer::Stub;
using ::testing::HasSubstr;

const google::protobuf::ServiceDescriptor* Service() {
  return v1::AskRequest::descriptor()->file()->FindServiceByName("Optimizer");
}

class HostileTest : public ::testing::Test {
 protected:
  HostileTest() {
    Must(stub_.get(), &Stub::CreateStudy, R"(study { name: "a" sampler { random {} seed: 1 } space {
      parameters { name: "x" distribution { float { low: 0 high: 1 } } }
      parameters { name: "k" distribution { categorical { choices { string_value: "p" } choices { int_value: 1 } } } } } })");
    handle_ = Must(stub_.get(), &Stub::Ask, "study: 'a'").trials(0).handle();
  }

  // Sends bytes to a method; a stream is read to its end or its second message.
  grpc::Status Send(const std::string& method, const std::string& bytes) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    const auto next = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    grpc::Status status;
    auto call = generic_.PrepareCall(&context, "/parzen.v1.Optimizer/" + method, &queue);
    call->StartCall(nullptr);
    next();
    call->WriteLast(request, grpc::WriteOptions(), nullptr);
    next();
    grpc::ByteBuffer response;
    for (int messages = 0; messages < 2; ++messages) {
      call->Read(&response, nullptr);
      if (!next()) break;
      if (method == "WatchStudy") context.TryCancel();
    }
    call->Finish(&status, nullptr);
    next();
    queue.Shutdown();
    while (next()) {
    }
    return status;
  }

  static void ExpectDecent(const grpc::Status& status, const std::string& what) {
    switch (status.error_code()) {
      case grpc::StatusCode::OK:
        return;
      case grpc::StatusCode::CANCELLED:
        return;  // we end watches so
      case grpc::StatusCode::INTERNAL:
      case grpc::StatusCode::UNKNOWN:
      case grpc::StatusCode::UNAVAILABLE:
      case grpc::StatusCode::DATA_LOSS:
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        ADD_FAILURE() << what << ": " << Spell(status) << ": " << status.error_message();
        return;
      default:
        EXPECT_FALSE(status.error_message().empty()) << what;
        EXPECT_FALSE(status.error_details().empty()) << what;
    }
  }

  // The server still does its work.
  void ExpectAlive() {
    EXPECT_EQ(Try(stub_.get(), &Stub::GetTrial, "study: 'a'"), "OK");
    EXPECT_EQ(Try(stub_.get(), &Stub::CreateStudy, "study { name: 'alive' }"), "OK");
    EXPECT_EQ(Try(stub_.get(), &Stub::DeleteStudy, "study: 'alive'"), "OK");
  }

  TestDirectory directory_;
  LiveServer live_{directory_.File("studies.db")};
  std::unique_ptr<Stub> stub_ = v1::Optimizer::NewStub(live_.Connect());
  grpc::GenericStub generic_{live_.Connect()};
  v1::TrialHandle handle_;
};

TEST_F(HostileTest, BytesThatAreNoMessage) {
  std::mt19937_64 random(1);
  for (int m = 0; m < Service()->method_count(); ++m) {
    const std::string method = Service()->method(m)->name();
    for (const std::string& bytes :
         {std::string("\xff\xff\xff\xff"), std::string("\x0a\x05x"), std::string("\x07"), std::string(1000, '\x0f')}) {
      const grpc::Status status = Send(method, bytes);
      EXPECT_EQ(Spell(status), "INVALID_ARGUMENT BAD_FIELD request") << method;
      EXPECT_THAT(status.error_message(), HasSubstr(Service()->method(m)->input_type()->full_name()));
    }
    for (int i = 0; i < 20; ++i) {
      std::string bytes(random() % 200, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      ExpectDecent(Send(method, bytes), method);
    }
  }
  ExpectAlive();
}

TEST_F(HostileTest, StringsThatAreNoUtf8) {
  EXPECT_EQ(Spell(Send("Ask", "\x12\x02\xff\xfe")), "INVALID_ARGUMENT BAD_FIELD parzen.v1.AskRequest.study");
  EXPECT_EQ(Spell(Send("GetStudy", "\x0a\x03\xed\xa0\x80")),
            "INVALID_ARGUMENT BAD_FIELD parzen.v1.GetStudyRequest.study");  // a surrogate
  EXPECT_EQ(Spell(Send("WatchStudy", "\x0a\x01\xc0")), "INVALID_ARGUMENT BAD_FIELD parzen.v1.WatchStudyRequest.study");
  ExpectAlive();
}

TEST_F(HostileTest, MessagesBeyondTheLimit) {
  v1::CreateStudyRequest request;
  request.mutable_study()->set_name(std::string(5 << 20, 'x'));
  EXPECT_EQ(Send("CreateStudy", request.SerializeAsString()).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectAlive();
}

TEST_F(HostileTest, HugeCounts) {
  const auto refused = [this](const char* method, const Message& request) {
    return Spell(Send(method, request.SerializeAsString()));
  };
  v1::CreateStudyRequest create;
  create.mutable_study()->set_name("b");
  for (int i = 0; i < 1001; ++i) {
    auto* parameter = create.mutable_study()->mutable_space()->add_parameters();
    parameter->set_name(absl::StrCat("p", i));
    parameter->mutable_distribution()->mutable_int_()->set_high(3);
  }
  EXPECT_EQ(refused("CreateStudy", create), "INVALID_ARGUMENT BAD_FIELD study.space.parameters");
  create.mutable_study()->clear_space();
  auto* choices = create.mutable_study()->mutable_space()->add_parameters();
  choices->set_name("c");
  for (int i = 0; i < 10'001; ++i) choices->mutable_distribution()->mutable_categorical()->add_choices()->set_int_value(i);
  EXPECT_EQ(refused("CreateStudy", create),
            "INVALID_ARGUMENT BAD_FIELD study.space.parameters[0].distribution.categorical.choices");
  create.mutable_study()->clear_space();
  for (int i = 0; i < 17; ++i) create.mutable_study()->add_directions(v1::MINIMIZE);
  EXPECT_EQ(refused("CreateStudy", create), "INVALID_ARGUMENT BAD_FIELD study.directions");
  create.mutable_study()->clear_directions();
  for (int i = 0; i < 1001; ++i) {
    auto* attribute = create.mutable_study()->add_user_attrs();
    attribute->set_key(absl::StrCat(i));
    attribute->set_json("1");
  }
  EXPECT_THAT(refused("CreateStudy", create), HasSubstr("RESOURCE_EXHAUSTED LIMIT_ATTRIBUTES"));
  v1::AskRequest ask;
  ask.set_study("a");
  ask.set_count(1'000'000);
  EXPECT_EQ(refused("Ask", ask), "INVALID_ARGUMENT BAD_FIELD count");
  v1::TellRequest tell;
  for (int i = 0; i < 1001; ++i) *tell.add_outcomes()->mutable_trial() = handle_;
  EXPECT_EQ(refused("Tell", tell), "INVALID_ARGUMENT BAD_FIELD outcomes");
  v1::AddTrialsRequest add;
  add.set_study("a");
  for (int i = 0; i < 10'001; ++i) add.add_trials();
  EXPECT_EQ(refused("AddTrials", add), "INVALID_ARGUMENT BAD_FIELD trials");
  ExpectAlive();
}

TEST_F(HostileTest, JsonThatIsDeepOrHugeOrNone) {
  const auto refused = [this](const std::string& json) {
    v1::UpdateTrialRequest request;
    *request.mutable_trial() = handle_;
    auto* attribute = request.add_user_attrs();
    attribute->set_key("k");
    attribute->set_json(json);
    return Spell(Send("UpdateTrial", request.SerializeAsString()));
  };
  EXPECT_EQ(refused(std::string(64, '[') + std::string(64, ']')), "OK");
  for (const std::string& json :
       {std::string(65, '[') + std::string(65, ']'), std::string(200'000, '['), std::string(200'000, '{'),
        '"' + std::string(256 * 1024, 'x') + '"', std::string("{"), std::string("nan"), std::string("1 2"),
        std::string("\"\x01\""), std::string("'x'"), std::string(" ")}) {
    EXPECT_THAT(refused(json), HasSubstr("INVALID_ARGUMENT BAD_FIELD user_attrs")) << json.substr(0, 20);
  }
  ExpectAlive();
}

// Fills messages by reflection with values that are hard to take.
class Chaos {
 public:
  explicit Chaos(uint64_t seed) : random_(seed) {}

  void Fill(Message* message, int depth) {
    const Descriptor* descriptor = message->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      if (Below(3) == 0) continue;
      const int times = field->is_repeated() ? static_cast<int>(Below(4)) : 1;
      for (int t = 0; t < times; ++t) SetField(message, field, depth);
    }
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  int64_t Whole() {
    constexpr std::array<int64_t, 10> kValues = {0,
                                                 1,
                                                 -1,
                                                 2,
                                                 7,
                                                 1'000'000,
                                                 int64_t{1} << 53,
                                                 std::numeric_limits<int64_t>::max(),
                                                 std::numeric_limits<int64_t>::min(),
                                                 std::numeric_limits<int32_t>::max()};
    return kValues[Below(kValues.size())];
  }
  double Real() {
    constexpr std::array<double, 10> kValues = {0.0,
                                                -0.0,
                                                1,
                                                -1,
                                                0.5,
                                                5e-324,
                                                1.7e308,
                                                std::numeric_limits<double>::infinity(),
                                                -std::numeric_limits<double>::infinity(),
                                                std::numeric_limits<double>::quiet_NaN()};
    return kValues[Below(kValues.size())];
  }
  std::string Text() {
    switch (Below(8)) {
      case 0:
        return "";
      case 1:
        return std::string(300, 'y');
      case 2:
        return "[1, 2]";
      case 3:
        return std::string("\0x", 2);
      case 4:
        return "x";
      case 5:
        return "00000000-0000-4000-8000-0000000000aa";
      case 6:
        return "space";
      default:
        return "a";  // the study's name
    }
  }

  void SetField(Message* message, const FieldDescriptor* field, int depth) {
    const Reflection* reflection = message->GetReflection();
    const bool many = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        many ? reflection->AddInt32(message, field, static_cast<int32_t>(Whole()))
             : reflection->SetInt32(message, field, static_cast<int32_t>(Whole()));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        many ? reflection->AddInt64(message, field, Whole()) : reflection->SetInt64(message, field, Whole());
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        many ? reflection->AddUInt64(message, field, static_cast<uint64_t>(Whole()))
             : reflection->SetUInt64(message, field, static_cast<uint64_t>(Whole()));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        many ? reflection->AddDouble(message, field, Real()) : reflection->SetDouble(message, field, Real());
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, Below(2) == 0);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        many ? reflection->AddString(message, field, Text()) : reflection->SetString(message, field, Text());
        break;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = Below(4) == 0 ? static_cast<int>(Whole()) : static_cast<int>(Below(6));
        many ? reflection->AddEnumValue(message, field, value) : reflection->SetEnumValue(message, field, value);
        break;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth > 6) break;
        Fill(many ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field), depth + 1);
        break;
      default:
        FAIL() << field->full_name();
    }
  }

  std::mt19937_64 random_;
};

TEST_F(HostileTest, MessagesFullOfHardValues) {
  google::protobuf::DynamicMessageFactory factory;
  Chaos chaos(7);
  for (int m = 0; m < Service()->method_count(); ++m) {
    const auto* method = Service()->method(m);
    for (int i = 0; i < 150; ++i) {
      const std::unique_ptr<Message> request(factory.GetPrototype(method->input_type())->New());
      chaos.Fill(request.get(), 0);
      if (method->name() == "DeleteStudy")
        request->GetReflection()->SetString(request.get(), request->GetDescriptor()->FindFieldByName("study"), "x");
      // Half of the trials that are named are there.
      const FieldDescriptor* trial = request->GetDescriptor()->FindFieldByName("trial");
      if (trial != nullptr && i % 2 == 0) {
        request->GetReflection()->MutableMessage(request.get(), trial)->ParseFromString(handle_.SerializeAsString());
      }
      ExpectDecent(Send(method->name(), request->SerializeAsString()),
                   method->name() + ": " + request->ShortDebugString().substr(0, 600));
    }
  }
  ExpectAlive();
}

TEST_F(HostileTest, MethodsThatAreNone) {
  const grpc::Status status = Send("NoSuchMethod", "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  ExpectAlive();
}

}  // namespace
}  // namespace parzen
