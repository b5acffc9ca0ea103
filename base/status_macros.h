// How a function hands a failure on to its caller, everywhere in Parzen:
//
//   PARZEN_RETURN_IF_ERROR(writer.Flush());
//   PARZEN_ASSIGN_OR_RETURN(const StudyRecord record, storage->GetStudy(name));
//
// Both return the absl::Status of the failed expression from the enclosing function, which returns absl::Status or a StatusOr.
// Where the failure is changed on its way, or goes to a callback, it is written out: `if (!status.ok()) return done(status);`.

#ifndef PARZEN_BASE_STATUS_MACROS_H_
#define PARZEN_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define PARZEN_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status failed_ = (expression); !failed_.ok()) return failed_; \
  } while (false)

#define PARZEN_STATUS_NAME_(prefix, line) prefix##line
#define PARZEN_STATUS_NAME(prefix, line) PARZEN_STATUS_NAME_(prefix, line)
// `target` is a declaration or an lvalue. Not one expression: give it braces of its own after an `if`.
#define PARZEN_ASSIGN_OR_RETURN(target, expression)                                                                        \
  auto PARZEN_STATUS_NAME(status_or_, __LINE__) = (expression);                                                            \
  if (!PARZEN_STATUS_NAME(status_or_, __LINE__).ok()) return std::move(PARZEN_STATUS_NAME(status_or_, __LINE__)).status(); \
  target = *std::move(PARZEN_STATUS_NAME(status_or_, __LINE__))

#endif  // PARZEN_BASE_STATUS_MACROS_H_
