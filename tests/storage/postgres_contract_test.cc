// The contract on PostgreSQL.

#include "storage/postgres/postgres_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/postgres_server.h"

namespace parzen::storage {
namespace {

// The tables of the shared server, made anew.
class DatabasePlace : public StoragePlace {
 public:
  DatabasePlace(bool group_commit, std::string parameters) : group_commit_(group_commit), parameters_(std::move(parameters)) {
    PostgresServer::Shared().Run("DROP SCHEMA IF EXISTS parzen CASCADE");
  }
  std::unique_ptr<Storage> Open() override {
    PostgresOptions options;
    options.url = PostgresServer::Shared().Url() + parameters_;
    options.group_commit = group_commit_;
    absl::StatusOr<std::unique_ptr<Storage>> storage = OpenPostgres(std::move(options));
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  bool Keeps() const override { return true; }

 private:
  const bool group_commit_;
  const std::string parameters_;
};

std::function<std::unique_ptr<StoragePlace>()> Make(bool group_commit, const std::string& parameters) {
  return [=] { return std::make_unique<DatabasePlace>(group_commit, parameters); };
}

// Serializable: as a distributed database that knows no other level.
INSTANTIATE_TEST_SUITE_P(Postgres, StorageContract,
                         testing::Values(StorageKind{"Database", Make(true, "")}, StorageKind{"OneCommitACall", Make(false, "")},
                                         StorageKind{"Serializable",
                                                     Make(true, "&options=-c%20default_transaction_isolation%3Dserializable")}),
                         [](const testing::TestParamInfo<StorageKind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace parzen::storage
