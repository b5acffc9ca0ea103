#include "sampler/pruner/ordered_values.h"

#include <algorithm>

namespace parzen::pruner {

size_t OrderedValues::BlockOf(double key) const {
  return std::lower_bound(blocks_.begin(), blocks_.end(), key,
                          [](const std::vector<double>& block, double bound) { return block.back() < bound; }) -
         blocks_.begin();
}

void OrderedValues::Insert(std::span<const double> values) {
  const double key = Key(values);
  ++size_;
  if (blocks_.empty()) {
    blocks_.push_back({key});
    return;
  }
  const size_t at = std::min(BlockOf(key), blocks_.size() - 1);
  std::vector<double>& block = blocks_[at];
  block.insert(std::lower_bound(block.begin(), block.end(), key), key);
  if (block.size() <= kBlock) return;
  std::vector<double> upper(block.begin() + kBlock / 2, block.end());
  block.resize(kBlock / 2);
  blocks_.insert(blocks_.begin() + at + 1, std::move(upper));
}

void OrderedValues::Erase(std::span<const double> values) {
  const double key = Key(values);
  const size_t at = BlockOf(key);
  if (at == blocks_.size()) return;
  std::vector<double>& block = blocks_[at];
  const auto entry = std::lower_bound(block.begin(), block.end(), key);
  if (*entry != key) return;
  block.erase(entry);
  --size_;
  if (block.empty()) blocks_.erase(blocks_.begin() + at);
}

int64_t OrderedValues::CountBetter(std::span<const double> values) const {
  const double key = Key(values);
  const size_t at = BlockOf(key);
  int64_t count = 0;
  for (size_t i = 0; i < at; ++i) count += static_cast<int64_t>(blocks_[i].size());
  if (at < blocks_.size()) count += std::lower_bound(blocks_[at].begin(), blocks_[at].end(), key) - blocks_[at].begin();
  return count;
}

}  // namespace parzen::pruner
