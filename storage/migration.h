// A step of a database's schema: the files of its folder schema/, numbered, built in.

#ifndef PARZEN_STORAGE_MIGRATION_H_
#define PARZEN_STORAGE_MIGRATION_H_

#include <string_view>

namespace parzen::storage {

struct Migration {
  int version;            // 1, 2, 3, ...
  std::string_view name;  // of its file, without the extension
  std::string_view sql;   // statements; run inside a transaction
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_MIGRATION_H_
