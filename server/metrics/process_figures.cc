#include "server/metrics/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace parzen::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Figure(std::string name, std::string help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {std::move(name), std::move(help), type, {metric}};
}

// The fields of /proc/self/stat from the third one on (proc(5)): the second, the command, may hold anything.
std::vector<double> Stat() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream rest(text.substr(end + 1));
  std::string state;
  rest >> state;
  return {std::istream_iterator<double>(rest), {}};
}

// When the machine started, in seconds since the epoch; 0 where that is hidden.
double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

}  // namespace

std::vector<MetricFamily> ProcessFigures() {
  std::vector<MetricFamily> families;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    families.push_back(Figure("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", MetricType::Counter,
                              seconds(usage.ru_utime) + seconds(usage.ru_stime)));
  }
  constexpr size_t kThreads = 16, kStart = 18, kVirtual = 19, kResident = 20;  // proc(5)'s number less 4
  if (const std::vector<double> stat = Stat(); stat.size() > kResident) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    families.push_back(Figure("process_threads", "Threads.", MetricType::Gauge, stat[kThreads]));
    families.push_back(Figure("process_virtual_memory_bytes", "Virtual memory, in bytes.", MetricType::Gauge, stat[kVirtual]));
    families.push_back(
        Figure("process_resident_memory_bytes", "Resident memory, in bytes.", MetricType::Gauge, stat[kResident] * page));
    if (const double boot = BootTime(); boot > 0) {
      families.push_back(Figure("process_start_time_seconds", "When the process started, in seconds since the Unix epoch.",
                                MetricType::Gauge, boot + stat[kStart] / static_cast<double>(sysconf(_SC_CLK_TCK))));
    }
  }
  std::error_code error;
  if (const std::filesystem::directory_iterator open("/proc/self/fd", error); !error) {
    families.push_back(Figure("process_open_fds", "Open file descriptors.", MetricType::Gauge,
                              static_cast<double>(std::distance(begin(open), end(open)))));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Figure("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
                              static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace parzen::metrics
