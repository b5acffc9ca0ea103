// Records with something in every field, and comparisons to the bit, for the storage tests.

#ifndef PARZEN_TESTS_STORAGE_SAMPLE_RECORDS_H_
#define PARZEN_TESTS_STORAGE_SAMPLE_RECORDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/storage.h"

namespace parzen::storage {

// A text with quotes, a backslash, control characters, NUL bytes and characters of two to four bytes.
std::string AwkwardText();

// Doubles that are easily lost: -0.0, subnormals, infinities, NaNs of several kinds, 17 significant digits.
std::vector<double> AwkwardDoubles();

StudyRecord SampleStudy(std::string_view name, uint64_t uid);
TrialRecord PlainTrial(int64_t number);   // WAITING, two params
TrialRecord SampleTrial(int64_t number);  // every field set, awkwardly
RequestRecord SampleRequest(uint8_t seed, int64_t locator);

// Every field, doubles by their bits; as one text, so that a failed comparison shows the difference.
std::string Show(const StudyRecord& study);  // without its row id
std::string Show(const TrialRecord& trial);
std::string Show(const RequestRecord& request);
std::string Bits(double value);

}  // namespace parzen::storage

#endif  // PARZEN_TESTS_STORAGE_SAMPLE_RECORDS_H_
