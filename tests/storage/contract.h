// The contract of storage.h as tests: every Storage passes them. A storage's own test instantiates them,
//
//   INSTANTIATE_TEST_SUITE_P(SqliteFile, StorageContract, testing::Values(StorageKind{"...", [] { return ...; }}));
//
// and links the objects of parzen_storage_contract.

#ifndef PARZEN_TESTS_STORAGE_CONTRACT_H_
#define PARZEN_TESTS_STORAGE_CONTRACT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/storage.h"
#include "tests/storage/sample_records.h"

namespace parzen::storage {

// Where the records of one storage live; Open can be called again after the storage is destroyed.
class StoragePlace {
 public:
  virtual ~StoragePlace() = default;
  virtual std::unique_ptr<Storage> Open() = 0;
  virtual bool Keeps() const = 0;  // what was written is there after the next Open
};

struct StorageKind {
  std::string name;
  std::function<std::unique_ptr<StoragePlace>()> make;
  friend void PrintTo(const StorageKind& kind, std::ostream* out) { *out << kind.name; }
};

// What Load told, by copies.
class Loaded : public LoadVisitor {
 public:
  struct Row {
    int64_t number;
    TrialState state;
    int32_t attempt;
    FailureKind failure;
    int64_t revision;
    std::vector<std::pair<std::string, double>> params;
    std::vector<std::string> distributions;
    std::vector<double> values;
    std::string constraints_json;
    std::optional<Intermediate> last;
    std::string sampler_draft;
    bool imported;
    int64_t sampled_at_revision;
    int64_t told_at_revision;
    int64_t started_at;
  };
  void OnDistribution(int32_t index, std::string_view json) override;
  void OnTrial(const TrialRow& row) override;
  void OnUnfinished(TrialRecord trial) override;
  Wants wants() const override { return wanted; }
  void OnSystemAttr(int64_t number, std::string_view json) override { system_attrs.emplace_back(number, json); }
  void OnIntermediate(int64_t number, const Intermediate& value) override { intermediates.emplace_back(number, value); }
  void OnRequest(const RequestId& id, int64_t locator) override;

  Wants wanted;

  std::map<int32_t, std::string> distributions;
  std::vector<Row> rows;
  std::vector<TrialRecord> unfinished;
  std::vector<std::pair<int64_t, std::string>> system_attrs;
  std::vector<std::pair<int64_t, Intermediate>> intermediates;
  std::vector<std::pair<RequestId, int64_t>> requests;
};

class StorageContract : public testing::TestWithParam<StorageKind> {
 protected:
  StorageContract() : place_(GetParam().make()), storage_(place_->Open()) {}

  // These wait for the callback. When a commit of the study at hand fails, it is acquired again, as its server would do.
  absl::Status Create(StudyRecord study, std::optional<RequestRecord> request = std::nullopt);
  absl::Status Commit(Transaction transaction);
  absl::Status PutServerRequest(RequestRecord request);
  absl::Status Expire(int64_t now);

  // A new study, acquired: transactions by Change go to it.
  void MakeStudy(std::string_view name = "study", uint64_t uid = 7);
  template <typename... Changes>
  absl::Status Change(Changes... changes) {
    return Commit(Of(std::move(changes)...));
  }
  template <typename... Changes>
  Transaction Of(Changes... changes) const {
    Transaction transaction{.study_uid = uid_, .epoch = epoch_, .changes = {}};
    (transaction.changes.emplace_back(std::move(changes)), ...);
    return transaction;
  }
  TrialRecord ReadOne(int64_t number, View view = View::kFull);
  Loaded Load(uint64_t uid = 0);
  void Reopen();  // destroys the storage and opens it again; the epoch is old then

  std::unique_ptr<StoragePlace> place_;
  std::unique_ptr<Storage> storage_;
  uint64_t uid_ = 0;
  int64_t epoch_ = 0;
};

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_CONTRACT_H_
