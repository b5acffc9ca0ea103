// Commands and answers as bytes, for their way between replicas.
//
// A value is written by what it is: whole numbers as varints (signed ones zigzag), doubles as their eight bytes, little-endian;
// texts and lists with their length before them; an optional with one byte before it; a variant with its index; a struct as its
// fields, in the order in which layout.h names them. Nothing else is written: both ends have the same layout, and say so.
//
// Reading checks lengths, indexes and what a space must be, so that bytes that are none of ours are an error and nothing worse.

#ifndef PARZEN_SERVER_PLACEMENT_ENCODING_H_
#define PARZEN_SERVER_PLACEMENT_ENCODING_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "base/string_view.h"
#include "server/engine/types.h"
#include "server/placement/layout.h"

namespace parzen::placement {

class Encoder {
 public:
  std::string Take() { return std::move(bytes_); }

  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      PutInt(static_cast<uint64_t>(value));
    } else if constexpr (std::is_same_v<T, bool>) {
      PutInt(value ? 1 : 0);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      const auto wide = static_cast<int64_t>(value);
      PutInt((static_cast<uint64_t>(wide) << 1) ^ static_cast<uint64_t>(wide >> 63));
    } else if constexpr (std::is_integral_v<T>) {
      PutInt(value);
    } else {
      std::apply([this](const auto&... fields) { (Put(fields), ...); }, Fields(value));
    }
  }
  void Put(double value) {
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    bytes_.append(bytes, sizeof(value));
  }
  void Put(const std::string& text) {
    PutInt(text.size());
    bytes_ += text;
  }
  void Put(const storage::RequestId& id) { bytes_.append(reinterpret_cast<const char*>(id.data()), id.size()); }
  void Put(std::monostate) {}
  void Put(std::chrono::steady_clock::time_point) {}  // one process's
  void Put(const absl::Status& status);
  void Put(const SearchSpace& space) { Put(space.parameters()); }
  void Put(const engine::TrialParam& param);
  template <typename T>
  void Put(const std::vector<T>& values) {
    PutInt(values.size());
    for (const T& value : values) Put(value);
  }
  template <typename A, typename B>
  void Put(const std::pair<A, B>& pair) {
    Put(pair.first);
    Put(pair.second);
  }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }
  template <typename T>
  void Put(const std::shared_ptr<const T>& value) {
    Put(value != nullptr);
    if (value != nullptr) Put(*value);
  }
  template <typename... T>
  void Put(const std::variant<T...>& value) {
    PutInt(value.index());
    std::visit([this](const auto& held) { Put(held); }, value);
  }

 private:
  void PutInt(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  // Whether all was read, and nothing is left.
  bool Finish() const { return ok_ && bytes_.empty(); }

  template <typename T>
  void Get(T* value) {
    if constexpr (std::is_enum_v<T>) {
      *value = static_cast<T>(GetInt());
      ok_ = ok_ && IsKnown(*value);
    } else if constexpr (std::is_same_v<T, bool>) {
      *value = GetInt() != 0;
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      const uint64_t zigzag = GetInt();
      *value = static_cast<T>(static_cast<int64_t>(zigzag >> 1) ^ -static_cast<int64_t>(zigzag & 1));
    } else if constexpr (std::is_integral_v<T>) {
      *value = static_cast<T>(GetInt());
    } else {
      std::apply([this](auto&... fields) { (Get(&fields), ...); }, Fields(*value));
    }
  }
  void Get(double* value);
  void Get(std::string* text);
  void Get(storage::RequestId* id);
  void Get(std::monostate*) {}
  void Get(std::chrono::steady_clock::time_point*) {}
  void Get(absl::Status* status);
  void Get(SearchSpace* space);
  void Get(engine::TrialParam* param);
  template <typename T>
  void Get(std::vector<T>* values) {
    values->clear();
    // A length that the bytes cannot hold ends with them: nothing is reserved for it.
    for (uint64_t left = GetInt(); left > 0 && ok_; --left) {
      T value{};
      Get(&value);
      values->push_back(std::move(value));
      ok_ = ok_ && (!bytes_.empty() || left == 1);
    }
  }
  template <typename A, typename B>
  void Get(std::pair<A, B>* pair) {
    Get(&pair->first);
    Get(&pair->second);
  }
  template <typename T>
  void Get(std::optional<T>* value) {
    value->reset();
    bool has = false;
    Get(&has);
    if (has && ok_) Get(&value->emplace());
  }
  template <typename T>
  void Get(std::shared_ptr<const T>* value) {
    value->reset();
    bool has = false;
    Get(&has);
    if (!has || !ok_ || depth_ >= kMaxDepth) {
      ok_ = ok_ && !has;
      return;
    }
    ++depth_;
    auto made = std::make_shared<T>();
    Get(made.get());
    *value = std::move(made);
    --depth_;
  }
  template <typename... T>
  void Get(std::variant<T...>* value) {
    GetAlternative<0>(GetInt(), value);
  }

 private:
  static constexpr int kMaxDepth = 16;  // of what holds itself: pruners within pruners

  template <size_t kIndex, typename... T>
  void GetAlternative(uint64_t index, std::variant<T...>* value) {
    if constexpr (kIndex == sizeof...(T)) {
      ok_ = false;
    } else if (index == kIndex) {
      Get(&value->template emplace<kIndex>());
    } else {
      GetAlternative<kIndex + 1>(index, value);
    }
  }
  uint64_t GetInt();
  std::string_view Take(uint64_t size);

  std::string_view bytes_;
  bool ok_ = true;
  int depth_ = 0;
};

template <typename T>
std::string Encode(const T& value) {
  Encoder encoder;
  encoder.Put(value);
  return encoder.Take();
}

// Whether the bytes were those of a T.
template <typename T>
bool Decode(std::string_view bytes, T* value) {
  Decoder decoder(bytes);
  decoder.Get(value);
  return decoder.Finish();
}

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_ENCODING_H_
