// Clients of one or more replicas, each a thread with a connection of its own that asks and tells in turn.

#ifndef PARZEN_TESTS_BENCH_REPLICAS_LOAD_H_
#define PARZEN_TESTS_BENCH_REPLICAS_LOAD_H_

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen::bench {

using Stub = std::unique_ptr<v1::Optimizer::Stub>;

// A connection of its own. Ends the process where nobody answers.
Stub Connect(const std::string& address);

// Five parameters. `sampler`: "random" or "tpe". Ends the process where the study cannot be made.
void CreateStudy(v1::Optimizer::Stub* stub, const std::string& name, const std::string& sampler);

std::string RandomUuid(std::mt19937_64* random);

// One worker: asks and tells, with a request id each, and keeps how long each call took. A call that the server could not answer
// (UNAVAILABLE) is counted and sent again.
class Client {
 public:
  Client(Stub stub, std::string study, int number);

  // With so many reports in between.
  void AskAndTell(int reports = 0);
  void GetStudy();

  // Milliseconds of each call since `Forget`; not of reports.
  const std::vector<float>& asks() const { return asks_; }
  const std::vector<float>& tells() const { return tells_; }
  const std::vector<float>& gets() const { return gets_; }
  int unanswered() const { return unanswered_; }
  void Forget();

 private:
  template <typename Call>
  void Timed(std::vector<float>* latencies, const char* method, Call call);

  Stub stub_;
  std::string study_, worker_;
  std::mt19937_64 random_;
  std::vector<float> asks_, tells_, gets_, reports_;
  int unanswered_ = 0;
};

// The value below which this part of them lies. 0 of none.
double Quantile(std::vector<float> values, double part);

}  // namespace parzen::bench

#endif  // PARZEN_TESTS_BENCH_REPLICAS_LOAD_H_
