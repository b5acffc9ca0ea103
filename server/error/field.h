// Where a value stands in a request: "study.space.parameters[3].distribution.float.low". A field lives on the stack, points to
// the one it is part of, and is spelled out only for an error.

#ifndef PARZEN_SERVER_ERROR_FIELD_H_
#define PARZEN_SERVER_ERROR_FIELD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen::error {

class Field {
 public:
  // A field of the request itself. `name` outlives this.
  explicit Field(std::string_view name) : name_(name) {}

  // A part of this field; valid while this field is.
  Field Sub(std::string_view name) const { return Field(this, name, -1); }
  // An element of this repeated field.
  Field At(int64_t index) const { return Field(this, {}, index); }

  std::string ToString() const;

 private:
  Field(const Field* parent, std::string_view name, int64_t index) : parent_(parent), name_(name), index_(index) {}

  const Field* parent_ = nullptr;
  std::string_view name_;
  int64_t index_ = -1;
};

// INVALID_ARGUMENT BAD_FIELD: the field "is <value>; accepted: <accepted>".
absl::Status BadField(const Field& field, std::string_view value, std::string_view accepted);
absl::Status BadField(const Field& field, int64_t value, std::string_view accepted);
absl::Status BadField(const Field& field, double value, std::string_view accepted);

// An INVALID_ARGUMENT of the sampler's checks, with the field that it is about.
absl::Status InField(const Field& field, const absl::Status& status);

// The refusal of a part of a parameter, with the parameter's name in front: who wrote `lr` has never seen "parameters[3]". One
// that begins so already stays as it is.
absl::Status OfParameter(std::string_view name, const absl::Status& status);

// A text of a request for an error message: quoted, cut after 64 bytes between two characters.
std::string Quote(std::string_view text);

// At most `bytes` of `text`, cut between two characters of UTF-8.
std::string_view CutUtf8(std::string_view text, size_t bytes);

}  // namespace parzen::error

#endif  // PARZEN_SERVER_ERROR_FIELD_H_
